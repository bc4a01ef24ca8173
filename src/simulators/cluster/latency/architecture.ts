import type { HardwareSpec, ModelArchitecture } from '../engine-config.ts';

/** Layers that route to experts and layers that do not; both step-time models ignore leading dense layers. */
export function layerSplit(model: ModelArchitecture): { readonly moeLayers: number; readonly denseLayers: number } {
  if (model.experts < 2) return { moeLayers: 0, denseLayers: model.layers };
  const moeLayers = model.interleaveStep > 0 ? Math.floor(model.layers / (model.interleaveStep + 1)) : model.layers;
  return { moeLayers, denseLayers: model.layers - moeLayers };
}

/** Peak TFLOP/s for the model's weights: FP8 units where weights take exactly one byte and the GPU has them. */
export function peakTflops(model: ModelArchitecture, hardware: HardwareSpec): number {
  return model.weightBytes === 1 && hardware.tflopsFp8 > 0 ? hardware.tflopsFp8 : hardware.tflopsPeak;
}
