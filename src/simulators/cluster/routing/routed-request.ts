/** A request as the router handles it. */
export interface RoutedRequest {
  readonly request: number;
  readonly row: number;
  /** Complete blocks of the prompt. */
  readonly blocks: number;
}
