/** What of a run is measured, and against which targets; absent = the whole run, figures of 0.1 only. */
export interface Measurement {
  /** null = the whole run, drain included. */
  readonly window: MeasureWindow | null;
  /** Latency targets by SLO class, in place of those of configuration and workload; null = theirs. */
  readonly slo: SloTargets | null;
  /** Requests per second that the cluster can serve, where known: loads are then told as shares of it. */
  readonly capacityRps: number | null;
}

/**
 * Requests that arrive in the window are measured, whatever becomes of them later; rates are what completes inside it.
 * It opens after the warm-up and closes with the last first-round arrival, unless told otherwise.
 */
export interface MeasureWindow {
  /** Share of the first-round arrivals, or simulated seconds from the start. */
  readonly warmup: { readonly share: number } | { readonly seconds: number };
  /** Simulated second at which it closes; null = with the last first-round arrival. */
  readonly endS: number | null;
  /** `inside` = it closes with the end of the run. */
  readonly drain: 'outside' | 'inside';
}

/** ms; 0 = none. TPOT is a request's mean time per output token after the first. */
export interface SloTarget {
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly e2eMs: number;
}

export type SloTargets = Readonly<Record<string, SloTarget>>;

/** All of the run, with every metric there is. */
export const WHOLE_RUN: Measurement = { window: null, slo: null, capacityRps: null };
