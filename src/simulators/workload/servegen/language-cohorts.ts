import type { Json, JsonObject } from '../../../base/json.ts';
import { MICROS_PER_SECOND } from '../../../base/units.ts';
import type { GoRandom } from '../go-random.ts';
import type { Chunk, TraceWindow } from './chunk.ts';
import { fitTokens, type LogNormal, meanFit } from './token-fit.ts';

/** Half an hour each, in which a window of ten minutes is chosen. */
export const PERIODS = [
  { name: 'midnight', startS: 0 },
  { name: 'morning', startS: 28_800 },
  { name: 'afternoon', startS: 50_400 },
] as const;
export type Period = (typeof PERIODS)[number]['name'];

/** In the order in which chunks are dealt out. */
const CLASSES = ['critical', 'standard', 'batch', 'sheddable', 'background'];

const DAY_S = 86_400;
export const WINDOW_S = 600;
const WINDOWS_PER_PERIOD = 3;

export interface PeriodLengths {
  /** How long each period lasts in the workload, and the pause after it. */
  readonly windowS: number;
  readonly drainS: number;
}

/** Chunks by class: dealt out in the order of `chunks`. */
export function dealOut<T>(chunks: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const dealt = new Map<string, T[]>();
  for (const [i, chunk] of chunks.entries()) {
    const name = CLASSES[i % CLASSES.length]!;
    dealt.set(name, [...(dealt.get(name) ?? []), chunk]);
  }
  return new Map([...dealt].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One cohort per period of the day and class; periods follow one another in the workload. */
export function languageCohorts(
  chunks: readonly Chunk[],
  random: GoRandom,
  { windowS, drainS }: PeriodLengths,
): readonly JsonObject[] {
  const times = PERIODS.map(({ startS }) => startS + WINDOW_S * random.intn(WINDOWS_PER_PERIOD));
  return PERIODS.flatMap(({ name }, period) => {
    const timeS = times[period]!;
    const active = chunks.filter((chunk) => rowsAt(chunk, timeS).length > 0);
    if (active.length === 0) return [];
    const startUs = period * (windowS + drainS) * MICROS_PER_SECOND;
    return [...dealOut(random.shuffle([...active]))].flatMap(([sloClass, own]) => {
      const rate = own.reduce((sum, chunk) => sum + meanRate(rowsAt(chunk, timeS)), 0);
      if (rate === 0) return [];
      return [
        {
          id: `${name}-${sloClass}`,
          population: own.length,
          slo_class: sloClass,
          arrival: arrival(own.flatMap((chunk) => rowsAt(chunk, timeS))),
          ...(fittedLengths(own, timeS) ?? PLAIN_LENGTHS),
          streaming: true,
          rate_fraction: 1,
          spike: { start_time_us: startUs, duration_us: windowS * MICROS_PER_SECOND, trace_rate: rate },
        },
      ];
    });
  });
}

/** Rows with traffic at this time of the day, on all days, for which token counts are known. */
function rowsAt({ rows, windows }: Chunk, timeS: number): readonly TraceWindow[] {
  const first = windows[0];
  if (first === undefined) return [];
  return rows.filter(({ startS, rate }) => rate > 0 && startS % DAY_S === timeS && startS >= first.startS);
}

function meanRate(rows: readonly TraceWindow[]): number {
  return rows.reduce((sum, { rate }) => sum + rate, 0) / rows.length;
}

/** Rows without a pattern add nothing to the means, but count. */
function arrival(rows: readonly TraceWindow[]): Json {
  let [cv, shape, scaleUs, weibull, gamma] = [0, 0, 0, 0, 0];
  for (const row of rows) {
    if (row.pattern === '') continue;
    cv += Math.max(0, row.cv);
    shape += row.shape;
    scaleUs += row.scaleS * MICROS_PER_SECOND;
    if (row.pattern === 'weibull') weibull++;
    else gamma++;
  }
  return {
    process: weibull > gamma ? 'weibull' : 'gamma',
    cv: cv / rows.length,
    shape: shape / rows.length,
    scale: scaleUs / rows.length,
  };
}

const MOST_TOKENS = 32_768;
/** Token counts where no chunk has any at that time. */
const PLAIN_LENGTHS = { input_distribution: gaussian(512, 128), output_distribution: gaussian(128, 32) };

/** Distributions of token counts of a cohort; null where no chunk has any at that time. */
export function fittedLengths(chunks: readonly Chunk[], timeS: number): JsonObject | null {
  const fit = meanFit(chunks.flatMap((chunk) => fitTokens(chunk, timeS) ?? []));
  return fit === null ? null : { input_distribution: logNormal(fit.input), output_distribution: logNormal(fit.output) };
}

function logNormal({ mu, sigma }: LogNormal): JsonObject {
  return { type: 'lognormal', params: { mu, sigma } };
}

function gaussian(mean: number, deviation: number): JsonObject {
  return { type: 'gaussian', params: { mean, std_dev: deviation, min: 1, max: MOST_TOKENS } };
}
