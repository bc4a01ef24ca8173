export { logMeanGain } from './best-loss';
export { addGradient, fitTerm, layoutLikelihood, likelihoodSize } from './likelihood';
export {
  addMomentGradient,
  condition,
  fillPrior,
  layoutProcess,
  predict,
  predictMeans,
  processSize,
  setKernel,
} from './prediction';
import { CHEBYSHEV } from './normal';

/** Where the coefficients of the normal distribution belong, each twice. */
export function coefficients(): usize {
  return CHEBYSHEV;
}

/** The first address behind the constants. */
export function heapBase(): usize {
  return __heap_base;
}
