import type { TraceRow } from './trace-row.ts';

/** A workload document, typed. Defaults are filled in; times in µs, rates in requests/s. */
export interface WorkloadSpec {
  /** Signed 64 bit. */
  readonly seed: bigint;
  /** Requests/s over all rate-based clients; 0 = every window states its own rate. */
  readonly aggregateRate: number;
  /** Cap on generated requests; 0 = none. */
  readonly numRequests: number;
  /** 0 = none. */
  readonly horizonUs: number;
  readonly clients: readonly ClientSpec[];
  readonly cohorts: readonly CohortSpec[];
  readonly inferencePerf: InferencePerfSpec | null;
  /** Class → goodput thresholds; used for reporting only. */
  readonly goodputTargets: Readonly<Record<string, GoodputTarget>> | null;
  /** In place of clients: requests that were recorded. */
  readonly recorded?: RecordedTrace;
  /** Things worth telling the user, e.g. renamed classes. */
  readonly warnings: readonly string[];
}

/** Requests of a trace, in order of their times. */
export interface RecordedTrace {
  readonly rows: readonly TraceRow[];
  /** When later rounds of a session come: as recorded, or after the end of the round before. */
  readonly mode: 'fixed' | 'closed-loop';
  /** Closed loop: rounds carry the conversation along. */
  readonly accumulate: boolean;
  /** 2 = twice as many requests per second. */
  readonly rateFactor: number;
  /** Closed loop: replaces the recorded pauses, as `parseThinkTime` reads it. */
  readonly thinkTime?: string;
}

/** Milliseconds; absent = no bound. */
export interface GoodputTarget {
  readonly ttftMs?: number;
  readonly itlMs?: number;
  readonly e2eMs?: number;
}

/** What clients and cohorts have in common. */
export interface TrafficSpec {
  readonly id: string;
  readonly tenant: string;
  readonly sloClass: string;
  readonly model: string;
  readonly adapter: string;
  /** Relative weight. */
  readonly rateFraction: number;
  readonly arrival: ArrivalSpec;
  readonly input: LengthSpec;
  readonly output: LengthSpec;
  readonly prefixGroup: string;
  /** 0 = not given. */
  readonly prefixLength: number;
  readonly streaming: boolean;
  readonly multimodal: MultimodalSpec | null;
  readonly reasonRatio: LengthSpec | null;
  readonly multiTurn: MultiTurnSpec | null;
  /** Absent: closed loop exactly if there is a multi-turn block. */
  readonly closedLoop: boolean | null;
  /** 0 = explicitly none, null = not given. */
  readonly timeoutUs: number | null;
  /** 0 = none. */
  readonly sloTargetUs: number;
}

export interface ClientSpec extends TrafficSpec {
  /** > 0: virtual users in closed loop instead of a rate. */
  readonly concurrency: number;
  /** Of virtual users. */
  readonly thinkTimeUs: number;
  /** Life-cycle windows; null = always active. */
  readonly windows: readonly WindowSpec[] | null;
}

export interface CohortSpec extends TrafficSpec {
  readonly population: number;
  readonly prefixSharing: 'shared' | 'per_member';
  readonly diurnal: { readonly peakHour: number; readonly peakToTrough: number } | null;
  readonly spike: { readonly startUs: number; readonly durationUs: number; readonly traceRate: number | null } | null;
  readonly drain: { readonly startUs: number; readonly rampUs: number } | null;
}

export interface ArrivalSpec {
  readonly process: 'poisson' | 'gamma' | 'weibull' | 'constant';
  readonly cv: number | null;
  readonly shape: number | null;
  /** µs. */
  readonly scale: number | null;
}

/** Token counts of a prompt part or an output. */
export type LengthSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'gaussian';
      readonly mean: number;
      readonly stdDev: number;
      readonly min: number;
      readonly max: number;
    }
  /** Bounds: 0 = none. */
  | { readonly kind: 'exponential'; readonly mean: number; readonly min: number; readonly max: number }
  | {
      readonly kind: 'lognormal';
      readonly mu: number;
      readonly sigma: number;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: 'pareto_lognormal';
      readonly alpha: number;
      readonly xm: number;
      readonly mu: number;
      readonly sigma: number;
      readonly mixWeight: number;
    }
  /** Sorted by value. */
  | { readonly kind: 'empirical'; readonly values: readonly number[]; readonly weights: readonly number[] };

/** Half-open interval [start, end) of activity, possibly with its own rate (requests/s) and distributions. */
export interface WindowSpec {
  readonly startUs: number;
  readonly endUs: number;
  readonly traceRate: number | null;
  readonly arrival: ArrivalSpec | null;
  readonly input: LengthSpec | null;
  readonly output: LengthSpec | null;
}

export interface MultiTurnSpec {
  readonly maxRounds: number;
  readonly thinkTimeUs: number;
  /** Each round's prompt starts with the whole conversation so far. */
  readonly accumulate: boolean;
  readonly singleSession: boolean;
}

export interface ModalitySpec {
  readonly length: LengthSpec;
  readonly count: LengthSpec;
}

export interface MultimodalSpec {
  readonly text: LengthSpec | null;
  readonly image: ModalitySpec | null;
  readonly audio: ModalitySpec | null;
  readonly video: ModalitySpec | null;
}

export interface InferencePerfSpec {
  /** Requests/s and seconds. */
  readonly stages: readonly { readonly rate: number; readonly durationS: number }[];
  readonly systemPrompts: number;
  readonly usersPerPrompt: number;
  readonly systemPromptTokens: number;
  readonly questionTokens: number;
  readonly outputTokens: number;
  readonly multiTurn: boolean;
}

export const SLO_CLASSES = ['critical', 'standard', 'sheddable', 'batch', 'background'] as const;
