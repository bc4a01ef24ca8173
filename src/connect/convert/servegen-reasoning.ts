import type { JsonObject } from '../../base/json.ts';
import { MICROS_PER_SECOND } from '../../base/units.ts';
import type { GoRandom } from '../../simulators/workload/go-random.ts';
import type { Chunk } from './servegen-chunk.ts';
import { dealOut, lengths, WINDOW_S } from './servegen-language.ts';

const WINDOWS_PER_DAY = 144;

/** One cohort per class, from the ten minutes of the first day in which most chunks have traffic. */
export function reasoningCohorts(
  chunks: readonly Chunk[],
  random: GoRandom,
  { windowS }: { readonly windowS: number },
): readonly JsonObject[] {
  const window = busiestWindow(chunks);
  const startS = window * WINDOW_S;
  const active = chunks.filter((chunk) => activeWindows(chunk).has(window));
  return [...dealOut(random.shuffle([...active]))].flatMap(([sloClass, own]) => {
    const rate = own.reduce((sum, { rows }) => sum + (rows.find((row) => row.startS === startS)?.rate ?? 0), 0);
    if (rate === 0) return [];
    return [
      {
        id: `reasoning-${sloClass}`,
        population: own.length,
        slo_class: sloClass,
        arrival: { process: 'poisson' },
        ...lengths(own, startS),
        streaming: true,
        rate_fraction: 1,
        closed_loop: false,
        reasoning: {
          ...reasonRatio(own),
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

/** By percentage of reasoning, mean over the chunks; fractions of a percent are cut off. Nothing where nothing is known. */
function reasonRatio(chunks: readonly Chunk[]): JsonObject {
  const sums = new Map<number, number>();
  for (const { reasonRatio } of chunks) {
    for (const [ratio, probability] of reasonRatio ?? []) {
      const percentage = Math.trunc(ratio * 100);
      sums.set(percentage, (sums.get(percentage) ?? 0) + probability);
    }
  }
  if (sums.size === 0) return {};
  const params = [...sums].map(([percentage, sum]) => [String(percentage), sum / chunks.length]);
  return { reason_ratio_distribution: { type: 'empirical', params: Object.fromEntries(params) } };
}
