import type { OutcomeTransform } from '../gp/outcome-transform.ts';
import { standardToUnit } from '../gp/outcome-transform.ts';

/** Mean and deviation on the scale where improvement is measured, with the chain-rule factors. */
export interface ScaledBelief {
  mean: number;
  deviation: number;
  /** d mean / d standardised mean. */
  meanByMean: number;
  deviationByMean: number;
  deviationByDeviation: number;
}

/**
 * Belief about u = t⁻¹(z) for z ~ N(μ, σ²) as a normal that agrees at the median and at the lower one-sigma point: only
 * the lower side decides improvement, and hypervolume has to be measured on the scale of the losses, not of z.
 */
export function scaleBelief(t: OutcomeTransform, mean: number, deviation: number, out: ScaledBelief): void {
  const { spread, shape } = t;
  if (shape.kind === 'identity') {
    out.mean = t.center + spread * mean;
    out.deviation = spread * deviation;
    out.meanByMean = spread;
    out.deviationByMean = 0;
    out.deviationByDeviation = spread;
    return;
  }
  const u = standardToUnit(t, mean);
  out.mean = u;
  if (shape.kind === 'log-low') {
    const raised = u + shape.shift;
    const kept = Math.exp(-spread * deviation);
    out.deviation = -raised * Math.expm1(-spread * deviation);
    out.meanByMean = spread * raised;
    out.deviationByMean = spread * out.deviation;
    out.deviationByDeviation = spread * raised * kept;
    return;
  }
  const room = shape.shift + 1 - u;
  const grown = Math.exp(Math.min(spread * deviation, 50));
  out.deviation = room * Math.expm1(Math.min(spread * deviation, 50));
  out.meanByMean = spread * room;
  out.deviationByMean = -spread * out.deviation;
  out.deviationByDeviation = spread * room * grown;
}
