import type { ReadContext, RequestReader } from './trace-request.ts';

/** A format of files, and what tells it from others. */
export interface TraceFormat {
  readonly name: string;
  /** For messages and reports. */
  readonly title: string;
  readonly shape: 'table' | 'json';
  /**
   * Columns of the header, or keys of the first record, by `plainName`; one of these sets has to be there. An
   * alternative within a set is written `a|b`.
   */
  readonly keys: readonly (readonly string[])[];
  /** The same in the words of the format. */
  readonly needs: string;
  /** Whether rows come about in the order of their times, so that reading may stop at the end of a window. */
  readonly inTimeOrder: boolean;
  open(context: ReadContext): RequestReader;
}
