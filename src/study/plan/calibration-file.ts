import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { jsonValue, parseWith } from '../../document/schema.ts';

const agreement = z.strictObject({
  /** Mean of |simulated − measured| / measured. */
  mape: z.number().min(0),
  pearson: z.number().min(-1.000001).max(1.000001),
  quality: z.enum(['excellent', 'good', 'fair', 'poor']),
  count: z.int().min(1),
});

/** What `paretune calibrate` writes, and `calibration` of a study names. */
export const calibrationFileSchema = z.strictObject({
  calibration: z.strictObject({
    data: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Requests, or steps, that were fitted and held out. */
    fitted: z.int().min(1),
    held_out: z.int().min(0),
    /** `held-out`: on rows that were not fitted. */
    checked_on: z.enum(['held-out', 'fitted']),
    check: z.record(z.string().min(1), agreement),
    coefficients: z.record(
      z.string().min(1),
      z.strictObject({ value: z.number(), low: z.number(), high: z.number(), unit: z.string() }),
    ),
  }),
  /** Settings of the cluster, laid over the strategy's. */
  config: z.record(z.string().min(1), jsonValue),
});

export type CalibrationFile = z.infer<typeof calibrationFileSchema>;
export type Calibration = CalibrationFile['calibration'];

/** Settings that a fit decides: nothing else belongs into the file. */
const SETTINGS = ['latency_model', 'alpha_coeffs', 'beta_coeffs', 'hardware_config'];

/** @throws InputError with the path of every problem */
export function parseCalibrationFile(document: Json): {
  readonly calibration: Calibration;
  readonly config: JsonObject;
} {
  const { calibration, config } = parseWith(calibrationFileSchema, document);
  const other = Object.keys(config).find((key) => !SETTINGS.includes(key));
  if (other !== undefined) {
    throw new InputError(`only ${SETTINGS.join(', ')} come from a calibration`, { path: ['config', other] });
  }
  return { calibration, config: config as JsonObject };
}

/** One sentence for people: by which data, and how well. */
export function calibrationSentence({ data, fitted, checked_on, check }: Calibration): string {
  const parts = Object.entries(check).map(
    ([metric, { mape, pearson, quality }]) =>
      `${metric} MAPE ${(100 * mape).toFixed(1)} %, r ${pearson.toFixed(2)} (${quality})`,
  );
  const rows = checked_on === 'held-out' ? 'rows held out' : 'the fitted rows themselves';
  return `Latencies were calibrated on ${fitted} rows of ${data}; on ${rows}: ${parts.join('; ') || 'no check'}.`;
}
