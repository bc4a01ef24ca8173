import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type CsvRecord, type CsvTable, mapRows, readCsvTable } from '../../document/csv.ts';
import { studentQuantile } from '../../numeric/student-t.ts';
import type { FittedCoefficient } from './fit-latencies.ts';
import { leastSquares, type Sample } from './regression.ts';

/** Measurements inside an engine: each kind of row tells some coefficients by itself. */
interface StepPart {
  readonly metric: string;
  /** Columns of the regressors; the constant has none. */
  readonly regressors: readonly string[];
  /** The time, without its unit. */
  readonly time: string;
  readonly coefficients: readonly Omit<FittedCoefficient, 'value' | 'low' | 'high'>[];
}

const PARTS: readonly StepPart[] = [
  {
    metric: 'queueing',
    regressors: ['input_tokens'],
    time: 'queueing',
    coefficients: [
      { name: 'alpha0', unit: 'µs', meaning: 'before the queue' },
      { name: 'alpha1', unit: 'µs/token', meaning: 'before the queue, for each prompt token' },
    ],
  },
  {
    metric: 'output',
    regressors: [],
    time: 'output',
    coefficients: [{ name: 'alpha2', unit: 'µs', meaning: 'for each output token, outside of steps' }],
  },
  {
    metric: 'step',
    regressors: ['prefill_tokens', 'decode_tokens'],
    time: 'step',
    coefficients: [
      { name: 'beta0', unit: 'µs', meaning: 'of a step' },
      { name: 'beta1', unit: 'µs/token', meaning: 'of a step, for each prompt token' },
      { name: 'beta2', unit: 'µs/request', meaning: 'of a step, for each decoding request' },
    ],
  },
];
const UNITS = { us: 1, ms: 1000, s: 1e6 } as const;

export interface StepTableFit {
  readonly coefficients: readonly FittedCoefficient[];
  readonly fitted: number;
  /** By what was timed: measured and fitted times of the rows that are checked, µs. */
  readonly checked: Readonly<Record<string, { readonly real: readonly number[]; readonly sim: readonly number[] }>>;
  readonly heldOut: number;
}

/** Whether a table has times of steps: it is told by its columns. */
export function isStepTable(firstLine: string): boolean {
  const columns = firstLine.split(',').map((name) => name.trim());
  return columns.includes('prefill_tokens') && columns.includes('decode_tokens');
}

/**
 * Bounded least squares, one for each kind of row.
 * @param isFitted - whether a row is fitted or held out, by its place
 * @throws InputError for columns, cells and too few rows
 */
export function fitStepTable(text: string, file: string, isFitted: (row: number) => boolean): StepTableFit {
  const parts = PARTS.map((part) => ({ part, samples: samplesOf(text, file, part) }));
  if (parts.every(({ samples }) => samples.length === 0)) {
    throw new InputError('no row has a time', { position: { file }, suggestion: 'step_us, queueing_us, output_us' });
  }
  const fits = parts.filter(({ samples }) => samples.length > 0).map((one) => fitPart(one, file, isFitted));
  return {
    coefficients: fits.flatMap(({ coefficients }) => coefficients),
    fitted: fits.reduce((sum, { fitted }) => sum + fitted, 0),
    heldOut: fits.reduce((sum, { heldOut }) => sum + heldOut, 0),
    checked: Object.fromEntries(fits.map(({ metric, real, sim }) => [metric, { real, sim }])),
  };
}

function fitPart(
  { part, samples }: { readonly part: StepPart; readonly samples: readonly Sample[] },
  file: string,
  isFitted: (row: number) => boolean,
) {
  const own = samples.filter(({ place }) => isFitted(place));
  const count = part.coefficients.length;
  if (own.length < 3 * count) {
    throw new InputError(`${own.length} rows with ${part.time}_us are too few for ${count} coefficients`, {
      position: { file },
    });
  }
  const { values, errors } = leastSquares(own);
  const width = studentQuantile(0.975, own.length - count);
  const left = samples.filter(({ place }) => !isFitted(place));
  const checked = left.length > 0 ? left : own;
  return {
    metric: part.metric,
    fitted: own.length,
    heldOut: left.length,
    coefficients: part.coefficients.map((coefficient, k) => ({
      ...coefficient,
      value: values[k]!,
      low: Math.max(0, values[k]! - width * errors[k]!),
      high: values[k]! + width * errors[k]!,
    })),
    real: checked.map(({ y }) => y),
    sim: checked.map(({ x }) => x.reduce((sum, value, k) => sum + value * values[k]!, 0)),
  };
}

/** Rows in which this part is filled in. */
function samplesOf(text: string, file: string, { regressors, time }: StepPart): readonly Sample[] {
  const table = readCsvTable(text, file, { required: [] });
  const unit = (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((name) => table.columns.includes(`${time}_${name}`));
  if (unit === undefined) return [];
  const timeColumn = table.columns.indexOf(`${time}_${unit}`);
  const columns = regressors.map((name) => table.columns.indexOf(name));
  const missing = regressors.find((_, index) => columns[index]! < 0);
  if (missing !== undefined) {
    throw new InputError(`column ${missing} is needed beside ${time}_${unit}`, { position: { file, line: 1 } });
  }
  let place = 0;
  return mapRows(table, (row) => {
    const own = place++;
    if ((row.fields[timeColumn] ?? '').trim() === '') return null;
    return {
      place: own,
      x: [1, ...columns.map((column) => cell(table, row, column))],
      y: cell(table, row, timeColumn) * UNITS[unit],
    };
  }).filter((sample) => sample !== null);
}

function cell(table: CsvTable, row: CsvRecord, column: number): number {
  const text = (row.fields[column] ?? '').trim();
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InputError(`must be a number ≥ 0, got ${shortText(text)}`, { position: table.locate(row, column) });
}
