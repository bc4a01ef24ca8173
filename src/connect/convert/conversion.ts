import type { JsonObject } from '../../base/json.ts';

export interface Conversion {
  /** A workload document. */
  readonly document: JsonObject;
  /** What a user should know of it. */
  readonly notes: readonly string[];
}
