import type { JsonObject } from '../../../base/json.ts';
import { MICROS_PER_SECOND } from '../../../base/units.ts';
import type { GoRandom } from '../go-random.ts';
import type { Chunk, Histogram } from './chunk.ts';
import { dealOut, fittedLengths, WINDOW_S } from './language-cohorts.ts';

const WINDOWS_PER_DAY = 144;

/**
 * One cohort per class, from the ten minutes of the first day in which most chunks have traffic. Chunks without a share of
 * reasoning are left out; the share is the mean of all others, for every cohort.
 */
export function reasoningCohorts(
  chunks: readonly Chunk[],
  random: GoRandom,
  { windowS }: { readonly windowS: number },
): readonly JsonObject[] {
  const startS = busiestWindow(chunks) * WINDOW_S;
  const reasoning = chunks.filter(({ reasonRatio }) => reasonRatio !== null);
  const ratio = meanRatio(reasoning.map(({ reasonRatio }) => reasonRatio!));
  return [...dealOut(random.shuffle([...reasoning]))].flatMap(([sloClass, own]) => {
    const rate = own.reduce((sum, chunk) => sum + rateAt(chunk, startS), 0);
    const lengths = fittedLengths(own, startS);
    if (rate <= 0 || lengths === null) return [];
    return [
      {
        id: `reasoning-${sloClass}`,
        population: own.length,
        slo_class: sloClass,
        arrival: { process: 'poisson' },
        ...lengths,
        streaming: true,
        rate_fraction: 1,
        closed_loop: false,
        reasoning: {
          reason_ratio_distribution: ratio,
          multi_turn: { max_rounds: 1, think_time_us: 0, context_growth: '' },
        },
        spike: { start_time_us: 0, duration_us: windowS * MICROS_PER_SECOND, trace_rate: rate },
      },
    ];
  });
}

/** Of equally busy ones the first. */
function busiestWindow(chunks: readonly Chunk[]): number {
  const active = chunks.map(activeWindows);
  let [best, most] = [0, 0];
  for (let window = 0; window < WINDOWS_PER_DAY; window++) {
    const count = active.filter((windows) => windows.has(window)).length;
    if (count > most) [best, most] = [window, count];
  }
  return best;
}

function activeWindows({ rows }: Chunk): ReadonlySet<number> {
  return new Set(rows.filter(({ rate }) => rate > 0).map(({ startS }) => Math.floor(startS / WINDOW_S)));
}

/** Of the first row that starts in that second. */
function rateAt({ rows }: Chunk, startS: number): number {
  return rows.find((row) => Math.trunc(row.startS) === startS)?.rate ?? 0;
}

/** By percentage of reasoning, mean over the chunks; fractions of a percent are cut off. */
function meanRatio(ratios: readonly Histogram[]): JsonObject {
  const sums = new Map<number, number>();
  for (const histogram of ratios) {
    for (const [ratio, probability] of histogram) {
      const percentage = Math.trunc(ratio * 100);
      sums.set(percentage, (sums.get(percentage) ?? 0) + probability);
    }
  }
  const params = [...sums].map(([percentage, sum]) => [String(percentage), sum / ratios.length]);
  return { type: 'empirical', params: Object.fromEntries(params) };
}
