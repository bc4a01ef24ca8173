import { meanInterval, pairedChange } from '../../numeric/statistics.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import { mean } from '../objective.ts';
import type { CapacityRange } from '../plan/capacity-spec.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { foundRate } from './find-capacity.ts';
import { afterStep, gridSteps, nextStep, startSearch } from './search-steps.ts';

/** What is searched for: a vector in one of the setups of a pool. */
export interface CapacitySetting {
  readonly name: string;
  readonly setup: number;
  readonly values: ParameterValues;
  /** Rate of its workload as written. */
  readonly nominal: number;
}

export interface RateTried {
  readonly rate: number;
  readonly met: boolean;
  /** Completions per second inside the window; 0 where nothing could be measured. */
  readonly completed: number;
  /** Lowest attainment over classes; null without targets. */
  readonly attainment: number | null;
}

export interface SeedCapacity {
  readonly seed: number;
  /** On the grid; 0 = not even the lowest rate is met. */
  readonly rate: number;
  /** The highest rate of the range is met: the capacity is this or more. */
  readonly open: boolean;
  readonly tries: readonly RateTried[];
}

export interface SettingCapacity {
  readonly name: string;
  readonly seeds: readonly SeedCapacity[];
  /** Mean over seeds with its 95 % Student interval; bounds are null with one seed. */
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Highest rate of completions seen in any try, mean over seeds. */
  readonly completed: number;
  /** Against the first setting, paired by seed, as a share; absent for the first. */
  readonly change?: { readonly value: number; readonly low: number | null; readonly high: number | null };
}

export interface CapacityTask {
  readonly seeds: readonly number[];
  readonly range: CapacityRange;
  readonly meets: (outcome: ReplicateOutcome) => boolean;
  readonly simulate: (
    task: CapacitySetting & { readonly seed: number; readonly rate: number },
  ) => Promise<ReplicateOutcome>;
  /** Called after every search. */
  readonly searched?: (setting: CapacitySetting, found: SeedCapacity) => void;
}

/**
 * Capacities of several settings, each on every seed. A setting's first seed starts at the workload's own rate, the
 * others at what the first one found: results do not depend on the number of workers.
 * @throws Error when a simulation fails
 */
export async function measureCapacities(
  settings: readonly CapacitySetting[],
  task: CapacityTask,
): Promise<readonly SettingCapacity[]> {
  const found = await Promise.all(settings.map((setting) => searchSeeds(setting, task)));
  return settings.map(({ name }, index): SettingCapacity => {
    const seeds = found[index]!;
    const rates = seeds.map(({ rate }) => rate);
    const summary = {
      name,
      seeds,
      mean: mean(rates),
      ...bounds(meanInterval(rates)),
      completed: mean(seeds.map(({ tries }) => Math.max(...tries.map(({ completed }) => completed)))),
    };
    if (index === 0) return summary;
    const first = found[0]!.map(({ rate }) => rate);
    const { scale, value, ...interval } = pairedChange(first, rates);
    return scale === 'log-ratio' ? { ...summary, change: { value, ...bounds(interval) } } : summary;
  });
}

function bounds({ low, high }: { readonly low: number | null; readonly high: number | null }) {
  return { low, high };
}

async function searchSeeds(setting: CapacitySetting, task: CapacityTask): Promise<readonly SeedCapacity[]> {
  const search = async (seed: number, guess: number): Promise<SeedCapacity> => {
    const found = await searchSeed(setting, task, seed, guess);
    task.searched?.(setting, found);
    return found;
  };
  const [firstSeed, ...others] = task.seeds;
  const first = await search(firstSeed!, setting.nominal);
  return [first, ...(await Promise.all(others.map((seed) => search(seed, first.rate || task.range.from))))];
}

async function searchSeed(
  setting: CapacitySetting,
  { range, meets, simulate }: CapacityTask,
  seed: number,
  guess: number,
): Promise<SeedCapacity> {
  let state = startSearch(range);
  const tries: RateTried[] = [];
  for (let step = nextStep(range, state, guess / range.grid); step !== null; ) {
    const rate = step * range.grid;
    const outcome = await simulate({ ...setting, seed, rate });
    if (outcome.kind === 'failed') throw new Error(`${setting.name} at ${rate} requests/s: ${outcome.message}`);
    const met = meets(outcome);
    const metrics = outcome.kind === 'measured' ? outcome.metrics : {};
    tries.push({
      rate,
      met,
      completed: metrics['responses_per_sec'] ?? 0,
      attainment: metrics['slo_attainment_min'] ?? null,
    });
    state = afterStep(state, step, met);
    step = nextStep(range, state, guess / range.grid);
  }
  return { seed, rate: foundRate(range, state.met), open: state.met >= gridSteps(range).high, tries };
}
