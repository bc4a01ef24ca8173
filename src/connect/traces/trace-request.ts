import type { TraceRow } from '../../simulators/workload/trace-row.ts';

/** What a format says of a request; what it leaves out is empty in the trace. */
export interface TraceRequest {
  /** µs on the clock of the file, counted from a whole second near its first request; fractions are kept. */
  readonly atUs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What was measured, where the file holds results. */
  readonly measured?: Measured;
  /** The session goes on: the prompt repeats the round before if it is long enough for that. */
  readonly carriesOn?: true;
  readonly fields?: Partial<TraceRow>;
}

/** µs; 0 or more. */
export interface Measured {
  /** From the planned to the real start. */
  readonly lateUs: number;
  /** From the real start; −1 = not measured. */
  readonly ttftUs: number;
  readonly e2eUs: number;
}

/** Why a row of a file is not in the trace. */
export type DropReason =
  | 'failed request'
  | 'no output tokens'
  | 'no input tokens'
  | 'unreadable row'
  | 'hash ids that do not fit the length'
  | 'no question before the answer'
  | 'no answer'
  | 'cut off at the end of the file'
  | 'before the window'
  | 'after the window'
  | 'not sampled'
  | 'beyond the limit';

/** Reasons that speak of damage, not of a choice. */
const DAMAGE: ReadonlySet<DropReason> = new Set([
  'unreadable row',
  'hash ids that do not fit the length',
  'cut off at the end of the file',
]);

export interface Dropped {
  readonly reason: DropReason;
  readonly count: number;
  /** Line of the first one, 0 where rows have no lines of their own. */
  readonly firstLine: number;
  /** What was wrong with the first one. */
  readonly example: string;
  readonly damage: boolean;
}

/** Counts what is left out, by reason. */
export class DropCount {
  readonly #kinds = new Map<DropReason, { count: number; readonly firstLine: number; readonly example: string }>();

  add(reason: DropReason, line = 0, example = ''): void {
    const kind = this.#kinds.get(reason);
    if (kind === undefined) this.#kinds.set(reason, { count: 1, firstLine: line, example });
    else kind.count++;
  }

  /** The most frequent first. */
  list(): readonly Dropped[] {
    return [...this.#kinds]
      .map(([reason, kind]) => ({ reason, ...kind, damage: DAMAGE.has(reason) }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }
}

/** How a file is to be read; formats look at what concerns them. */
export interface ReadOptions {
  /** Unit of plain numbers in the time column; null = as the format says. */
  readonly timeUnit: TimeUnit | null;
  /** Keep failed requests, with one output token where there are none. */
  readonly keepFailed: boolean;
  /** Requests, or sessions, per second where the file has no times; null = what the file says, else 1. */
  readonly rate: number | null;
  /** Pause between the rounds of a session where the file has no times, s. */
  readonly thinkS: number;
  /** How arrivals without times are spaced. */
  readonly arrivals: 'even' | 'gamma';
  readonly seed: number;
  /** Tokens for which one hash id stands; null = as the format says. */
  readonly blockTokens: number | null;
  /** Prompt tokens for an image of a multimodal request. */
  readonly tokensPerImage: number;
  /** Of conversations the first question and answer only. */
  readonly firstPair: boolean;
  /** Which of several runs in one file, from 0; null = all. */
  readonly run: number | null;
  /** Write the names of the models that served the requests. */
  readonly keepModels: boolean;
}

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** What a reader needs beside the text. */
export interface ReadContext {
  /** For messages. */
  readonly file: string;
  readonly shape: 'table' | 'json';
  /** Whether each line of the file is a JSON value of its own; otherwise values may span lines. */
  readonly jsonLines: boolean;
  readonly options: ReadOptions;
  readonly dropped: DropCount;
  /** What the user should know about how the file was read; each text once. */
  readonly notes: Set<string>;
  /** Unix seconds of `atUs` = 0, once known; stays undefined where times are not dates. */
  originS?: number;
}

/** Reads a file piece by piece. */
export interface RequestReader {
  push(text: string): Iterable<TraceRequest>;
  /** @throws InputError when the file as a whole cannot be what it was taken for */
  end(): Iterable<TraceRequest>;
}
