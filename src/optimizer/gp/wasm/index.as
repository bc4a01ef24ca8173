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
