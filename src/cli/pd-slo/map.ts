import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../base/json.ts';
import { mapPage } from '../../companions/pd-slo/map-page.ts';
import { JOINT_STRATEGIES, type MapPoint, type PairedFigure, SLOW_POD } from '../../companions/pd-slo/map-point.ts';
import { type Interval, negated, type PairedChange, pairedChange, pairedDifference } from '../../numeric/statistics.ts';
import { type PdSloMapCell, pdSloMap } from '../../report/chart/pd-slo-map.ts';
import { renderSvg } from '../../report/chart/render.ts';
import { readPdSloConfig } from '../../simulators/pd-slo/read-config.ts';
import { runPdSlo } from '../../simulators/pd-slo/run-simulation.ts';
import { summarizeRun } from '../../simulators/pd-slo/summary.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { mean } from '../../study/objective.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';

/** Prefill and decode pods of the compared clusters. */
export const MAP_RATIOS: readonly (readonly [prefill: number, decode: number])[] = [
  [2, 6],
  [3, 5],
  [4, 4],
  [5, 3],
  [6, 2],
];
/** Offered load as a share of the tighter stage's capacity. */
export const MAP_LOADS: readonly number[] = [0.5, 0.7, 0.8, 0.9, 1, 1.1];
const STRATEGIES = {
  'weighted random': { mode: 'joint', pair_optimizer: { selectionStrategy: 'weighted_random' } },
  'best headroom': { mode: 'joint', pair_optimizer: { selectionStrategy: 'best_headroom' } },
  independent: { mode: 'independent' },
} as const satisfies Record<string, JsonObject>;

type StrategyName = keyof typeof STRATEGIES;

export const mapPdSloCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('seeds', { type: 'number', default: 20, describe: 'seeds 1 … n, the same for every strategy' })
      .option('requests', { type: 'number', default: 3000, describe: 'requests of one run' })
      .option('out', { type: 'string', default: 'reports/pd-slo-joint-vs-independent', describe: 'folder of the page' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the compared points as JSON' }),
  run: async (flags) => {
    const seeds = integerFlag(flags, 'seeds', 2, 10_000)!;
    const requests = integerFlag(flags, 'requests', 100, 10_000_000)!;
    const points = compareChoices(seeds, requests, switchFlag(flags, 'quiet'));
    const folder = requiredText(flags, 'out');
    mkdirSync(folder, { recursive: true });
    for (const [name, figure] of Object.entries(FIGURES)) {
      writeFileAtomically(join(folder, `${name}.svg`), await renderSvg(figure(points)));
    }
    writeFileAtomically(join(folder, 'README.md'), mapPage(points, { seeds, requests }));
    process.stdout.write(
      switchFlag(flags, 'json') ? `${JSON.stringify(points, null, 2)}\n` : `wrote ${join(folder, 'README.md')}\n`,
    );
    return EXIT.ok;
  },
};

const FIGURES = {
  attainment: (points: readonly MapPoint[]) =>
    pdSloMap(
      points.map((point) => cell(point, point.attainment.change.value * 100, point.verdict)),
      'SLO attainment: joint − independent',
      'percentage points',
    ),
  'ttft-p99': (points: readonly MapPoint[]) =>
    pdSloMap(
      points.map((point) => {
        const { change } = point.ttftP99Ms;
        return cell(point, -100 * change.value, verdictOf(negated(change)));
      }),
      'TTFT P99: joint below independent',
      '% of independent',
    ),
};

function cell(point: MapPoint, difference: number, verdict: PdSloMapCell['verdict']): PdSloMapCell {
  const panel = `joint, ${point.strategy.replace(' ', '-')}`;
  return { panel, load: point.load, ratio: `${point.prefill}:${point.decode}`, difference, verdict };
}

/**
 * Runs every cluster, load and seed once per strategy.
 * @returns one point for each joint strategy, ratio and load
 */
export function compareChoices(
  seeds: number,
  requests: number,
  quiet: boolean,
  ratios = MAP_RATIOS,
  loads = MAP_LOADS,
): readonly MapPoint[] {
  const progress = new Progress('cells', ratios.length * loads.length, quiet);
  const points: MapPoint[] = [];
  let done = 0;
  for (const [prefill, decode] of ratios) {
    for (const load of loads) {
      points.push(...comparePoint({ prefill, decode, load, seeds, requests }));
      progress.update(++done);
    }
  }
  progress.end();
  return points;
}

interface CellSetting {
  readonly prefill: number;
  readonly decode: number;
  readonly load: number;
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
      return [summary.attainment.slo, summary.ttftMs.p99, summary.tpotMs.p99] as const;
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

/** @param gain - of joint choice */
function verdictOf({ low, high }: Interval): MapPoint['verdict'] {
  if (low !== null && low > 0) return 'joint better';
  return high !== null && high < 0 ? 'independent better' : 'no clear difference';
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
