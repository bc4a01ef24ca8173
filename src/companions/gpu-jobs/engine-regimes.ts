import { type Interval, meanInterval } from '../../numeric/statistics.ts';
import { VALIDATION_CASES, type ValidationCase } from './validation-cases.ts';
import { compareEngines } from './validation-comparison.ts';

/** Load and memory at which both engines serve the same traces. */
export interface Regime {
  readonly panel: string;
  /** Requests per second. */
  readonly rate: number;
  /** KV blocks of 16 tokens. */
  readonly blocks: number;
  readonly validation: ValidationCase;
}

/** The token engine against the cluster simulator in one regime: shares of the cluster's figure, over seeds. */
export interface RegimeResult {
  readonly regime: Regime;
  readonly e2eMean: Interval;
  readonly e2eP99: Interval;
  readonly ttftMean: Interval;
  readonly ttftP99: Interval;
  /** Of the cluster simulator, ms, mean over seeds. */
  readonly clusterE2eMs: number;
  /** Preemptions in 100 requests, of the cluster simulator. */
  readonly preemptions: number;
  /** Whether every one of the four differs by less than `GOOD_ENOUGH` on average. */
  readonly agrees: boolean;
}

/** Largest mean difference that still counts as agreement. */
export const GOOD_ENOUGH = 0.05;

const AMPLE_BLOCKS = 20_000;

/** One grid with the same step times in both engines, and one with each engine's own roofline. */
export const REGIMES: readonly Regime[] = [
  ...grid('the same step times in both engines', 'ample', [1, 2, 3, 4, 5], [60, 120, 240, 480]),
  ...grid('each with its own roofline, Llama-3.1-8B on one H100', 'roofline', [2, 4, 6, 8, 10], [160, 320, 640, 1280]),
];

/** @param scarce - blocks, enough for the longest request at least */
function grid(panel: string, name: string, rates: readonly number[], scarce: readonly number[]): readonly Regime[] {
  const base = VALIDATION_CASES.find((one) => one.name === name)!;
  return [...scarce, AMPLE_BLOCKS].flatMap((blocks) =>
    rates.map((rate): Regime => {
      const arrivals = { kind: 'poisson', rate } as const;
      return { panel, rate, blocks, validation: { ...base, arrivals, kvBlocks: blocks } };
    }),
  );
}

export interface RegimeOptions {
  /** Of each trace. */
  readonly requests: number;
  readonly seeds: readonly number[];
}

/** @throws RangeError for fewer than two seeds */
export function compareRegime(regime: Regime, { requests, seeds }: RegimeOptions): RegimeResult {
  const runs = seeds.map((seed) => compareEngines(regime.validation, requests, seed));
  const shares = (of: (run: (typeof runs)[number]['cluster']) => number): Interval =>
    meanInterval(runs.map(({ cluster, token }) => of(token) / of(cluster) - 1));
  const differences = {
    e2eMean: shares(({ e2e }) => e2e.mean),
    e2eP99: shares(({ e2e }) => e2e.p99),
    ttftMean: shares(({ ttft }) => ttft.mean),
    ttftP99: shares(({ ttft }) => ttft.p99),
  };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    regime,
    ...differences,
    clusterE2eMs: mean(runs.map(({ cluster }) => cluster.e2e.mean)),
    preemptions: mean(runs.map(({ cluster }) => (100 * cluster.preemptions) / requests)),
    agrees: Object.values(differences).every(({ value }) => Math.abs(value) < GOOD_ENOUGH),
  };
}
