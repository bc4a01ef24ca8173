import { type Rng, stream } from '../../base/random.ts';
import { power } from '../../numeric/power.ts';
import type { PdSloWorkload } from './config-schema.ts';
import { type ParsedSloHeaders, parseSloHeaders, TPOT_HEADER, TTFT_HEADER } from './slo-headers.ts';

/** All requests of a run, column by column, in order of arrival. */
export interface RequestStream {
  readonly count: number;
  readonly arrivalMs: Float64Array;
  readonly inputTokens: Int32Array;
  readonly outputTokens: Int32Array;
  readonly classIndex: Int32Array;
  /** 1 where the request carries its class's headers. */
  readonly hasHeaders: Uint8Array;
  /** Group that shares its prompt start; −1 = none. */
  readonly prefixGroup: Int32Array;
  /** Targets by class, read from the class's headers. */
  readonly targets: readonly ParsedSloHeaders[];
}

/**
 * Draws the requests. Every attribute has a stream of its own, so changing one leaves the others as they are.
 * @param count - may be smaller than `workload.requests`; the first `count` are the same
 */
export function drawRequests(workload: PdSloWorkload, seed: number, count: number): RequestStream {
  const { classes, prefix } = workload;
  const arrivals = stream(seed, 'workload', 'arrivals');
  const inputs = stream(seed, 'workload', 'inputs');
  const outputs = stream(seed, 'workload', 'outputs');
  const kinds = stream(seed, 'workload', 'classes');
  const headers = stream(seed, 'workload', 'headers');
  const groups = stream(seed, 'workload', 'groups');
  const arrivalMs = new Float64Array(count);
  const inputTokens = new Int32Array(count);
  const outputTokens = new Int32Array(count);
  const classIndex = new Int32Array(count);
  const hasHeaders = new Uint8Array(count);
  const prefixGroup = new Int32Array(count).fill(-1);
  const meanGapMs = 1000 / workload.rate;
  let now = 0;
  for (let i = 0; i < count; i++) {
    now += meanGapMs * gap(arrivals, workload.cv);
    arrivalMs[i] = now;
    inputTokens[i] = clipped(workload.input.mean + workload.input.sd * inputs.normal(), workload.input);
    outputTokens[i] = clipped(workload.output.mean * outputs.exponential(), workload.output);
    classIndex[i] = drawClass(classes, kinds.uniform());
    hasHeaders[i] = headers.uniform() < workload.without_headers ? 0 : 1;
    if (prefix.groups > 0) prefixGroup[i] = groups.below(prefix.groups);
  }
  const targets = classes.map((kind) => parseSloHeaders(headersOf(kind)));
  return { count, arrivalMs, inputTokens, outputTokens, classIndex, hasHeaders, prefixGroup, targets };
}

function headersOf(kind: PdSloWorkload['classes'][number]): Readonly<Record<string, string>> {
  if (kind.headers !== undefined) return kind.headers;
  return {
    ...(kind.ttft_ms === undefined ? {} : { [TTFT_HEADER]: String(kind.ttft_ms) }),
    ...(kind.tpot_ms === undefined ? {} : { [TPOT_HEADER]: String(kind.tpot_ms) }),
  };
}

function clipped(value: number, { low, high }: { readonly low: number; readonly high: number }): number {
  return Math.min(high, Math.max(low, Math.round(value)));
}

function drawClass(classes: PdSloWorkload['classes'], uniform: number): number {
  const total = classes.reduce((sum, { share }) => sum + share, 0);
  let left = uniform * total;
  for (const [index, { share }] of classes.entries()) {
    left -= share;
    if (left < 0) return index;
  }
  return classes.findLastIndex(({ share }) => share > 0);
}

/** Gap between arrivals with mean 1: exponential for cv 1, else gamma. */
function gap(rng: Rng, cv: number): number {
  if (cv === 1) return rng.exponential();
  const shape = 1 / (cv * cv);
  return gammaDeviate(rng, shape) / shape;
}

/** Gamma deviate with scale 1. @see Marsaglia & Tsang 2000, "A simple method for generating gamma variables" */
function gammaDeviate(rng: Rng, shape: number): number {
  if (shape < 1) return gammaDeviate(rng, shape + 1) * power(1 - rng.uniform(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = power(1 + c * x, 3);
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}
