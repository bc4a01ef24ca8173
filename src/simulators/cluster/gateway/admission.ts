import type { AdmissionConfig } from '../engine-config.ts';

/**
 * What policies see of the instances: one column per signal, indexed by instance. The first `count` entries of
 * `members` name the instances of the current view, ascending. Owned and refreshed by the engine; read only here.
 */
export interface SnapshotColumns {
  readonly count: number;
  readonly members: Int32Array;
  /** Wait-queue length as of the last refresh; without requests that are still in the queueing delay. */
  readonly queueDepth: Int32Array | Float64Array;
  readonly batchSize: Int32Array | Float64Array;
  /** Share of GPU blocks in use, in [0, 1], as of the last refresh. */
  readonly kvUtilization: Float64Array;
  readonly freeBlocks: Int32Array | Float64Array;
  /** The router's own counter: always exact. */
  readonly inFlight: Int32Array;
}

/** What admission may know of a request. */
export interface AdmissionRequest {
  readonly inputTokens: number;
  /** Priority of its SLO class; below 0 = sheddable. */
  readonly priority: number;
}

/** Decides once per request, at its admission event. */
export interface Admission {
  admits(request: AdmissionRequest, view: SnapshotColumns, clockUs: number): boolean;
}

export function createAdmission(config: AdmissionConfig): Admission {
  switch (config.kind) {
    case 'always-admit':
      return { admits: () => true };
    case 'reject-all':
      return { admits: () => false };
    case 'token-bucket':
      return new TokenBucket(config.capacity, config.refillPerSecond);
    case 'tier-shed':
      return {
        admits: (request, view) => request.priority >= config.minPriority || largestLoad(view) <= config.threshold,
      };
    case 'gaie-legacy':
      return {
        admits: (request, view) =>
          request.priority >= 0 || meanPressure(view, config.queueDepth, config.kvUtilization) < 1,
      };
    default:
      return config satisfies never;
  }
}

/** Queue, batch and in-flight count together; a request at its instance counts twice when the view is fresh. */
export function effectiveLoad(view: SnapshotColumns, instance: number): number {
  return view.queueDepth[instance]! + view.batchSize[instance]! + view.inFlight[instance]!;
}

/** Mean over the view of the larger of queue depth and KV use, each relative to its threshold; 1 for an empty view. */
export function meanPressure(view: SnapshotColumns, queueDepth: number, kvUtilization: number): number {
  if (view.count === 0) return 1;
  let sum = 0;
  for (let k = 0; k < view.count; k++) {
    const instance = view.members[k]!;
    sum += Math.max(view.queueDepth[instance]! / queueDepth, view.kvUtilization[instance]! / kvUtilization);
  }
  return sum / view.count;
}

function largestLoad(view: SnapshotColumns): number {
  let largest = 0;
  for (let k = 0; k < view.count; k++) largest = Math.max(largest, effectiveLoad(view, view.members[k]!));
  return largest;
}

/** Tokens refill continuously; a request costs its prompt length. */
class TokenBucket implements Admission {
  readonly #capacity: number;
  readonly #refillPerSecond: number;
  #tokens: number;
  #refilledAtUs = 0;

  constructor(capacity: number, refillPerSecond: number) {
    this.#capacity = capacity;
    this.#refillPerSecond = refillPerSecond;
    this.#tokens = capacity;
  }

  admits(request: AdmissionRequest, _view: SnapshotColumns, clockUs: number): boolean {
    const elapsed = clockUs - this.#refilledAtUs;
    if (elapsed > 0) {
      this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsed * this.#refillPerSecond) / 1e6);
      this.#refilledAtUs = clockUs;
    }
    if (this.#tokens < request.inputTokens) return false;
    this.#tokens -= request.inputTokens;
    return true;
  }
}
