import type { Matrix } from 'ml-matrix';
import { studentQuantile } from '../../numeric/student-t.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { type AuxiliaryOptions, chooseEquations } from './auxiliary.ts';
import { confirmedFit } from './confirmed-fit.ts';
import { type DirectFit, type DirectSearch, fitDirectly } from './direct-fit.ts';
import { fitIndirectly, simulationsOf } from './indirect-fit.ts';
import {
  blackboxFamily,
  type FirstGuess,
  type LatencyFamily,
  physicsFamily,
  rooflineFamily,
} from './latency-parameters.ts';
import { medianGapUs, type Observations, startUs } from './observations.ts';
import type { Latencies } from './schedule.ts';
import { latencySimulation, type SimulateLatencies } from './simulated-latencies.ts';

/** A coefficient with its 95 % interval. */
export interface FittedCoefficient {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface FittedLatencies {
  readonly family: LatencyFamily;
  /** `direct`: from the times themselves; `indirect`: by simulations. */
  readonly way: 'direct' | 'indirect';
  readonly coefficients: readonly FittedCoefficient[];
  /** Of the whole trace at the fitted coefficients. */
  readonly simulated: Latencies;
}

/** Requests of one block, at least; blocks, at most. */
const LEAST_BLOCK = 5;
const MOST_BLOCKS = 50;

/** @param onSimulation - told how many simulations are done, and how many there will be */
export function fitLatencies(
  observed: Observations,
  config: ClusterConfig,
  onSimulation: (done: number, of: number) => void = () => {},
): FittedLatencies {
  const { rows, input, output, fitted, ttftUs, decodeUs } = observed;
  const measured: Latencies = { arrivalUs: Float64Array.from(rows, startUs), ttftUs, decodeUs };
  const blocks = Math.max(2, Math.min(MOST_BLOCKS, Math.floor(rows.length / LEAST_BLOCK)));
  const block = Int32Array.from(rows, (_, i) => Math.floor((i * blocks) / rows.length));
  const shared = { lengths: { input, output }, fitted, block, blocks };
  const { latency } = config.instance;
  const direct =
    latency.kind === 'blackbox' && isOneServer(observed, config)
      ? directFit({ ...shared, latencies: measured, gapUs: medianGapUs(observed) }, observed, config)
      : null;
  const outsideUs = latency.kind === 'blackbox' ? 0 : latency.alpha[2]!;
  const options: AuxiliaryOptions = {
    ...shared,
    outsideUs,
    equations: chooseEquations({ ...shared, outsideUs }, measured),
  };
  const family =
    latency.kind === 'blackbox'
      ? blackboxFamily(firstGuess(observed, options))
      : latency.kind === 'roofline'
        ? rooflineFamily(latency)
        : physicsFamily(latency);
  const total = simulationsOf(family.parameters.length);
  let done = 0;
  const found =
    direct ?? fitIndirectly({ observed, measured, config }, family, options, () => onSimulation(++done, total));
  const simulate = latencySimulation(observed, config, { stepUs: 0, label: '' });
  const values = direct === null ? levelled(family, found.values, observed, simulate) : found.values;
  return {
    family,
    way: direct === null ? 'indirect' : 'direct',
    coefficients: withIntervals(family, { ...found, values }, studentQuantile(0.975, blocks - 1)),
    simulated: simulate(family.latency(values)),
  };
}

/** By the times themselves, where that also holds for simulated ones. */
function directFit(search: DirectSearch, observed: Observations, config: ClusterConfig): DirectFit | null {
  const found = fitDirectly(search);
  if (found === null) return null;
  const simulations = new Map<number, SimulateLatencies>();
  return confirmedFit(found, search.latencies, {
    simulate: (values, replicate) => {
      const waver = { stepUs: search.gapUs, label: `confirm ${replicate}` };
      const known = simulations.get(replicate) ?? latencySimulation(observed, config, waver);
      simulations.set(replicate, known);
      return known({ kind: 'blackbox', alpha: values.slice(0, 3), beta: values.slice(3) });
    },
    refit: (latencies) => fitDirectly({ ...search, latencies }),
  });
}

/** With few requests regressions leave a level: the time before the queue takes it. */
function levelled(
  { parameters, latency }: LatencyFamily,
  values: readonly number[],
  { fitted, ttftUs }: Observations,
  simulate: SimulateLatencies,
): readonly number[] {
  if (parameters[0]?.name !== 'alpha0') return values;
  const simulated = simulate(latency(values)).ttftUs;
  const left = Array.from(ttftUs, (us, i) => us - simulated[i]!).filter(
    (us, i) => fitted[i] === 1 && !Number.isNaN(us),
  );
  left.sort((a, b) => a - b);
  const level = left[Math.floor(left.length / 2)] ?? 0;
  return values.map((value, k) => (k === 0 ? Math.max(0, value + level) : value));
}

function withIntervals(
  { parameters }: LatencyFamily,
  { values, covariance }: { readonly values: readonly number[]; readonly covariance: Matrix },
  width: number,
): readonly FittedCoefficient[] {
  return parameters.map(({ name, unit, meaning, least }, k) => {
    const half = width * Math.sqrt(Math.max(0, covariance.get(k, k)));
    const value = values[k]!;
    return { name, unit, meaning, value, low: Math.max(least, value - half), high: value + half };
  });
}

/** Times of one server, whose prompts are all computed. */
function isOneServer({ rows }: Observations, { instances, disaggregation }: ClusterConfig): boolean {
  return (
    instances === 1 && disaggregation === null && rows.every((row) => row.prefixLength === 0 && row.sessionId === '')
  );
}

/** A start for simulations. */
function firstGuess(observed: Observations, { equations }: AuxiliaryOptions): FirstGuess {
  const sizes = (name: 'idle' | 'busy' | 'decode'): readonly number[] | undefined =>
    equations.find((equation) => equation.name === name)?.sizes;
  const [gap = medianGapUs(observed), perRequest = 0, perToken = 0] = sizes('decode') ?? [];
  const [idle, busy] = [sizes('idle'), sizes('busy')];
  const ttft = idle ?? (busy === undefined ? [gap, 0] : [Math.max(0, busy[0]! - gap / 2), busy[1]!]);
  return { outsideUs: 0.1 * gap, gap: [gap, perRequest, perToken], ttft: [ttft[0]!, ttft[1]!] };
}
