/** Whether all KV blocks need books; changed during a run by whoever finds out, for the run that is done again and those after it. */
export interface NeededBooks {
  /** Blocks of shared prefixes alone are enough where content has one home and nobody asks for a request sent before. */
  books: 'shared prefixes' | 'all';
}
