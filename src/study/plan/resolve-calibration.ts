import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { merge } from '../../document/merge.ts';
import { type Calibration, parseCalibrationFile } from './calibration-file.ts';
import { inDocument, type PlanSources } from './plan-sources.ts';
import type { StrategyFile } from './strategy-file.ts';
import type { StrategyTemplate } from './template.ts';

export interface CalibratedPlan {
  /** What the latencies were calibrated by; absent = they were not. */
  readonly calibration?: Calibration;
}

/**
 * The strategy with measured latencies in place of its own, where the study names a calibration.
 * @throws InputError placed in the file of the calibration
 */
export function resolveCalibration(
  { calibration: source }: PlanSources,
  { template }: StrategyFile,
): { readonly calibrated: StrategyTemplate; readonly calibration: CalibratedPlan } {
  if (source == null) return { calibrated: template, calibration: {} };
  if (template.simulator !== 'cluster') {
    throw new InputError('latencies of the simulator cluster alone can be calibrated', {
      path: ['calibration'],
      position: source.locate([]),
    });
  }
  const { calibration, config: measured } = inDocument(source, () => parseCalibrationFile(source.value));
  const { alpha_coeffs: _alpha, beta_coeffs: _beta, ...config } = template.config as JsonObject;
  return { calibrated: { ...template, config: merge(config, measured) }, calibration: { calibration } };
}
