import { InputError } from '../../base/errors.ts';
import type { GoodputTargets } from '../../simulators/cluster/figures/goodput.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { type GoodputAgreement, goodputAgreement } from './goodput-agreement.ts';
import type { MeasuredGaps } from './measured-gaps.ts';
import { type Matches, METRICS, type Metric, type Network, pairRequests, seriesOf } from './pair-requests.ts';
import type { ReplayResult } from './replay-result.ts';
import { relativeError, type SeriesAgreement, seriesAgreement } from './series-agreement.ts';

export interface CalibrationInput {
  readonly rows: readonly TraceRow[];
  readonly results: readonly ReplayResult[];
  readonly gaps: MeasuredGaps | null;
  readonly warmUpRequests: number;
  readonly network: Network;
  readonly targets: GoodputTargets;
  /** Share of KV blocks found in the cache, and where it was read. */
  readonly observedHitRate: { readonly rate: number; readonly source: string } | null;
  readonly simulatedHitRate: number | null;
  readonly hitRateTolerancePp: number;
  readonly ttftMapeThreshold: number;
}

export interface HitRateAgreement {
  readonly real: number;
  readonly sim: number;
  readonly source: string;
  /** Percentage points. */
  readonly errorPp: number;
  readonly tolerancePp: number;
  readonly within: boolean;
}

/** MAPE of TTFT and E2E among the requests of one class or model; fractions. */
export interface GroupError {
  readonly name: string;
  readonly count: number;
  readonly ttftMape: number;
  readonly e2eMape: number;
}

export interface Calibration {
  readonly matches: Matches;
  /** Matched requests that failed before their first chunk. */
  readonly failed: number;
  readonly metrics: { readonly [M in Metric]?: SeriesAgreement };
  readonly ttftTolerance: { readonly mape: number; readonly threshold: number; readonly within: boolean };
  readonly goodput: GoodputAgreement | null;
  readonly hitRate: HitRateAgreement | null;
  readonly classes: readonly GroupError[];
  readonly models: readonly GroupError[];
}

/**
 * Compares a measured trace with its replay.
 * @throws InputError where not a single request can be compared
 */
export function calibrate(input: CalibrationInput): Calibration {
  const matches = pairRequests(input.rows, input.results, input);
  const { matched } = matches;
  if (matched.length === 0) {
    throw new InputError('no request of the trace has a result', {
      suggestion: 'the results must come from a replay of this trace',
    });
  }
  const timed = matched.filter(({ latency }) => latency !== null);
  if (timed.length === 0) throw new InputError('every request that has a result failed in the measurement');
  const present = METRICS.map((metric) => [metric, seriesOf(matched, metric)] as const);
  const metrics: Calibration['metrics'] = Object.fromEntries(
    present.flatMap(([metric, series]) => (series.real.length === 0 ? [] : [[metric, seriesAgreement(series)]])),
  );
  const { mape } = metrics.ttft!;
  const threshold = input.ttftMapeThreshold;
  return {
    matches,
    failed: matched.length - timed.length,
    metrics,
    ttftTolerance: { mape, threshold, within: mape <= threshold },
    goodput: goodputAgreement(matched, input.targets, input.gaps),
    hitRate: hitRateAgreement(input),
    classes: groupErrors(timed, 'sloClass'),
    models: groupErrors(timed, 'model'),
  };
}

/** By the class or model of the simulated request; those without one are left out. */
function groupErrors(timed: Matches['matched'], key: 'sloClass' | 'model'): readonly GroupError[] {
  const names = [...new Set(timed.map(({ result }) => result[key]))].filter((name) => name !== '').sort();
  return names.map((name) => {
    const own = timed.filter(({ result }) => result[key] === name);
    const [ttft, e2e] = [relativeError(seriesOf(own, 'ttft')), relativeError(seriesOf(own, 'e2e'))];
    return { name, count: own.length, ttftMape: ttft.mape, e2eMape: e2e.mape };
  });
}

/** What a percentage loses in double precision. */
const ROUNDING_PP = 1e-9;

function hitRateAgreement(input: CalibrationInput): HitRateAgreement | null {
  const { observedHitRate: observed, simulatedHitRate: sim, hitRateTolerancePp: tolerancePp } = input;
  if (observed === null || sim === null) return null;
  const errorPp = Math.abs(sim - observed.rate) * 100;
  const within = errorPp <= tolerancePp + ROUNDING_PP;
  return { real: observed.rate, sim, source: observed.source, errorPp, tolerancePp, within };
}
