export { layoutMixture, mixedGain, mixedGainWithGradients, mixtureSize } from './best-loss';
export { drawJoint, factorJoint, fillJoint, jointSize, layoutJoint, normalize } from './joint';
export { cutsSize, cutTails, layoutCuts } from './hypervolume';
export { layoutSearch, minimize, searchSize } from './lbfgsb';
export { layoutLikelihood, likelihoodSize, negativeLogPosterior, posteriorGradient } from './likelihood';
export {
  addMomentGradient,
  condition,
  fillPrior,
  layoutProcess,
  predict,
  predictMeans,
  processSize,
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
