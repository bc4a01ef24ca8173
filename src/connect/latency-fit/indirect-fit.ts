import { Matrix } from 'ml-matrix';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { type Auxiliary, type AuxiliaryOptions, auxiliaryOf } from './auxiliary.ts';
import { covarianceAt, type IndirectProblem, slopesAt, stepFrom } from './indirect-inference.ts';
import type { LatencyFamily } from './latency-parameters.ts';
import { asMeasured, type MeasurementNoise, NOISELESS } from './measurement-noise.ts';
import { medianGapUs, type Observations } from './observations.ts';
import type { Latencies } from './schedule.ts';
import { latencySimulation } from './simulated-latencies.ts';

/** Simulations whose mean is compared, whenever slopes are taken anew. */
const PASSES = [1, 1, 4] as const;
const LAST = 4;
const STEPS = 4;

/** Simulations of a fit of `count` coefficients. */
export function simulationsOf(count: number): number {
  return PASSES.reduce((sum: number, used) => sum + used * (2 * count + STEPS) + STEPS, LAST);
}

/**
 * Coefficients by indirect inference: those at which regressions on a simulated trace come out as on the measured one.
 * @see Gouriéroux, Monfort, Renault 1993, "Indirect inference"
 * @param onSimulation - called before each simulation
 */
export function fitIndirectly(
  {
    observed,
    measured,
    config,
  }: { readonly observed: Observations; readonly measured: Latencies; readonly config: ClusterConfig },
  family: LatencyFamily,
  options: AuxiliaryOptions,
  onSimulation: () => void,
): { readonly values: readonly number[]; readonly covariance: Matrix } {
  const stepUs = medianGapUs(observed);
  let noise = NOISELESS;
  const replicates = Array.from({ length: LAST }, (_, index) => {
    const label = `replicate ${index}`;
    const simulate = latencySimulation(observed, config, { stepUs, label });
    return (values: readonly number[]): Auxiliary => {
      onSimulation();
      return auxiliaryOf(asMeasured(simulate(family.latency(values)), measured, { noise, label }), options);
    };
  });
  const observedAuxiliary = auxiliaryOf(measured, options);
  const problem = (used: number): IndirectProblem => ({
    observed: observedAuxiliary,
    simulated: (values) => meanOf(replicates.slice(0, used).map((simulate) => simulate(values))),
    parameters: family.parameters,
  });
  let values: readonly number[] = family.parameters.map(({ start }) => start);
  let slopes = Matrix.zeros(0, 0);
  for (const used of PASSES) {
    slopes = slopesAt(problem(used), values);
    for (let step = 0; step < STEPS; step++) {
      values = stepFrom(problem(used), values, slopes);
      noise = noiseLeft(noise, observedAuxiliary, replicates[0]!(values));
    }
  }
  return { values, covariance: covarianceAt(problem(LAST), values, slopes) };
}

/** The errors with which simulations leave as much unexplained as the measurements do. */
function noiseLeft(noise: MeasurementNoise, measured: Auxiliary, simulated: Auxiliary): MeasurementNoise {
  const share = (name: 'ttft' | 'decode'): number =>
    Math.sqrt(Math.max(0, noise[name] ** 2 + measured.left[name] ** 2 - simulated.left[name] ** 2));
  return { ttft: share('ttft'), decode: share('decode') };
}

function meanOf(all: readonly Auxiliary[]): Auxiliary {
  const influence = all.slice(1).reduce((sum, one) => Matrix.add(sum, one.influence), all[0]!.influence);
  return {
    values: all[0]!.values.map((_, m) => all.reduce((sum, { values }) => sum + values[m]!, 0) / all.length),
    influence: Matrix.div(influence, all.length),
    left: all[0]!.left,
  };
}
