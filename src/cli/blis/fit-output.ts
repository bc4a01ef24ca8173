import { join } from 'node:path';
import { type JsonObject, textHash } from '../../base/json.ts';
import { seriesAgreement } from '../../connect/calibrate/series-agreement.ts';
import type { FittedCoefficient } from '../../connect/latency-fit/fit-latencies.ts';
import type { LatencyCheck } from '../../connect/latency-fit/latency-checks.ts';
import { formatYaml } from '../../document/yaml.ts';
import { type CalibrationFile, calibrationSentence } from '../../study/plan/calibration-file.ts';
import { printJson } from '../terminal/json-output.ts';
import { fitted } from '../terminal/table.ts';

/** What `paretune calibrate` found. */
export interface Found {
  readonly coefficients: readonly FittedCoefficient[];
  readonly config: JsonObject;
  readonly fitted: number;
  readonly heldOut: number;
  readonly checks: readonly LatencyCheck[];
  readonly notes: readonly string[];
}

export function calibrationDocument(
  { coefficients, config, fitted, heldOut, checks }: Found,
  { file, text }: { readonly file: string; readonly text: string },
): CalibrationFile {
  return {
    calibration: {
      data: file.split('/').at(-1)!,
      sha256: textHash(text),
      fitted,
      held_out: heldOut,
      checked_on: heldOut > 0 ? 'held-out' : 'fitted',
      check: Object.fromEntries(
        checks.map(({ metric, points }) => {
          const series = {
            real: points.map(({ measured }) => measured),
            sim: points.map(({ simulated }) => simulated),
          };
          const { mape, pearson, quality, count } = seriesAgreement(series);
          return [metric, { mape, pearson, quality, count }];
        }),
      ),
      coefficients: Object.fromEntries(
        coefficients.map(({ name, value, low, high, unit }) => [name, { value, low, high, unit }]),
      ),
    },
    config,
  };
}

export function yamlText(document: CalibrationFile): string {
  return `# Written by paretune calibrate. Studies use it by \`calibration: FILE\`.\n${formatYaml(document)}`;
}

export function printFit(
  { coefficients, config, notes }: Found,
  document: CalibrationFile,
  out: string,
  json: boolean,
): void {
  if (json) {
    const files = [join(out, 'calibration.yaml'), join(out, 'residuals.svg')];
    printJson('calibrate', { ...document, notes, files });
    return;
  }
  const table = coefficients.map(({ name, value, low, high, unit, meaning }) => [
    name,
    value.toPrecision(6),
    `[${low.toPrecision(5)}, ${high.toPrecision(5)}]`,
    unit,
    meaning,
  ]);
  const list = (key: string): string =>
    Array.isArray(config[key]) ? ` --${key.replace('_', '-')} ${config[key].join(',')}` : '';
  const lines = [
    ...fitted([['coefficient', 'value', '95 % interval', 'unit', ''], ...table]),
    calibrationSentence(document.calibration),
    ...notes.map((note) => `note: ${note}`),
    ...(list('beta_coeffs') === ''
      ? []
      : [`flags: --latency-model ${String(config['latency_model'])}${list('alpha_coeffs')}${list('beta_coeffs')}`]),
    `written: ${join(out, 'calibration.yaml')}, ${join(out, 'residuals.svg')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
