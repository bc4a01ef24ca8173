import type { JsonObject } from '../../base/json.ts';
import { type PairedChange, pairedChange, pairedDifference } from '../../numeric/statistics.ts';
import { readPdSloConfig } from '../../simulators/pd-slo/read-config.ts';
import { runPdSlo } from '../../simulators/pd-slo/run-simulation.ts';
import { summarizeRun } from '../../simulators/pd-slo/summary.ts';
import { mean } from '../../study/objective.ts';
import { JOINT_STRATEGIES, type MapPoint, type PairedFigure, SLOW_POD, verdictOf } from './map-point.ts';

/** Prefill and decode pods of the compared clusters. */
const RATIOS: readonly (readonly [prefill: number, decode: number])[] = [
  [2, 6],
  [3, 5],
  [4, 4],
  [5, 3],
  [6, 2],
];
/** Offered load as a share of the tighter stage's capacity. */
const LOADS: readonly number[] = [0.5, 0.7, 0.8, 0.9, 1, 1.1];
const STRATEGIES = {
  'weighted random': { mode: 'joint', pair_optimizer: { selectionStrategy: 'weighted_random' } },
  'best headroom': { mode: 'joint', pair_optimizer: { selectionStrategy: 'best_headroom' } },
  independent: { mode: 'independent' },
} as const satisfies Record<string, JsonObject>;

type StrategyName = keyof typeof STRATEGIES;

/** A cluster under a load. */
export interface MapCell {
  readonly prefill: number;
  readonly decode: number;
  /** Offered rate over what the tighter stage can take. */
  readonly load: number;
}

/** Every cluster under every load. */
export const MAP_CELLS: readonly MapCell[] = RATIOS.flatMap(([prefill, decode]) =>
  LOADS.map((load) => ({ prefill, decode, load })),
);

export interface JointComparison {
  /** Seeds 1 … n, the same for every strategy. */
  readonly seeds: number;
  /** Of one run. */
  readonly requests: number;
  readonly cells?: readonly MapCell[];
  /** Told after each cell how many are done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Runs every cell and seed once per strategy.
 * @returns one point for each joint strategy and cell
 */
export function compareChoices({ seeds, requests, cells = MAP_CELLS, onProgress }: JointComparison): MapPoint[] {
  return cells.flatMap((cell, index) => {
    const points = comparePoint({ ...cell, seeds, requests });
    onProgress?.(index + 1);
    return points;
  });
}

interface CellSetting extends MapCell {
  readonly seeds: number;
  readonly requests: number;
}

function comparePoint({ prefill, decode, load, seeds, requests }: CellSetting): MapPoint[] {
  const pool = { prefill: factors(prefill), decode: factors(decode) };
  const limits = capacity(pool);
  const tighterStage = limits.prefill < limits.decode ? 'prefill' : 'decode';
  const rate = load * limits[tighterStage];
  const measure = (name: StrategyName): readonly (readonly [number, number, number])[] => {
    const setup = readPdSloConfig({ ...STRATEGIES[name], pool, workload: { rate, requests } });
    return Array.from({ length: seeds }, (_, index) => {
      const summary = summarizeRun(runPdSlo(setup, { seed: index + 1 }));
      return [summary.attainment.slo ?? 0, summary.ttftMs.p99, summary.tpotMs.p99] as const;
    });
  };
  const independent = measure('independent');
  return JOINT_STRATEGIES.map((strategy) => {
    const joint = measure(strategy);
    const paired = (figure: 0 | 1 | 2): PairedFigure => {
      const base = independent.map((run) => run[figure]);
      const values = joint.map((run) => run[figure]);
      const change: PairedChange =
        figure === 0 ? { scale: 'difference', ...pairedDifference(base, values) } : pairedChange(base, values);
      return { joint: mean(values), independent: mean(base), change };
    };
    const attainment = paired(0);
    const times = { ttftP99Ms: paired(1), tpotP99Ms: paired(2) };
    const verdict = verdictOf(attainment.change);
    return { strategy, load, prefill, decode, rate, tighterStage, attainment, ...times, verdict };
  });
}

function factors(pods: number): number[] {
  return Array.from({ length: pods }, (_, index) => (index === pods - 1 ? SLOW_POD : 1));
}

/** Requests/s that each stage can take: prefill at full speed, decode with every slot in use. */
export function capacity(pool: { readonly prefill: readonly number[]; readonly decode: readonly number[] }): {
  readonly prefill: number;
  readonly decode: number;
} {
  const { config } = readPdSloConfig({ pool: { prefill: [...pool.prefill], decode: [...pool.decode] } });
  const { prefill, decode, workload } = config;
  const meanContext = workload.input.mean + workload.output.mean / 2;
  const kvShare = Math.min(1, (decode.max_running * meanContext) / decode.kv_capacity);
  const stepMs = decode.tpot_base_ms + decode.tpot_per_running_ms * decode.max_running + decode.tpot_kv_ms * kvShare;
  const relative = (speeds: readonly number[]): number => speeds.reduce((sum, speed) => sum + 1 / speed, 0);
  const prefillRate = 1000 / (prefill.base_ms + prefill.ms_per_token * workload.input.mean);
  const decodeRate = (1000 * decode.max_running) / stepMs / workload.output.mean;
  return { prefill: relative(pool.prefill) * prefillRate, decode: relative(pool.decode) * decodeRate };
}
