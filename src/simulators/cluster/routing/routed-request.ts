import type { RequestIndex, Row } from '../indices.ts';
/** A request as the router handles it. */
export interface RoutedRequest {
  readonly request: RequestIndex;
  readonly row: Row;
  /** Complete blocks of the prompt. */
  readonly blocks: number;
}
