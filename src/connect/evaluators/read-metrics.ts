import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { readCsvTable } from '../../document/csv.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { atJsonPath, jsonPathSteps } from './json-path.ts';

/** A metric and where its value stands in what was written. */
export interface MetricSource extends MetricSpec {
  /** JSON: a path; CSV: the name of a column. */
  readonly at: string;
  /** What the written value is multiplied by. */
  readonly factor: number;
}

export type ResultFormat = 'json' | 'csv';
/** Which row of a table counts; `mean` is over all of them. */
export type ResultRow = 'first' | 'last' | 'mean';

export interface ResultForm {
  readonly format: ResultFormat;
  readonly row: ResultRow;
}

/**
 * Every metric from a text.
 * @throws InputError that names what is missing or no finite number
 */
export function readMetrics(
  text: string,
  form: ResultForm,
  metrics: readonly MetricSource[],
): Readonly<Record<string, number>> {
  const read = form.format === 'json' ? jsonValues(text) : csvValues(text, form.row, metrics);
  return Object.fromEntries(metrics.map((metric) => [metric.name, read(metric) * metric.factor]));
}

function jsonValues(text: string): (metric: MetricSource) => number {
  const document = jsonOf(text);
  return ({ name, at }) => {
    const value = atJsonPath(document, jsonPathSteps(at));
    if (value === undefined) throw new InputError(`metric ${shortText(name)}: nothing at ${shortText(at)}`);
    return finite(name, value);
  };
}

/** The text as a whole, else its last line that is a map or a list: programs log before they tell. */
function jsonOf(text: string): Json {
  const whole = parsed(text);
  if (whole !== undefined) return whole;
  let end = text.length;
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, end).trim();
    const value = line.startsWith('{') || line.startsWith('[') ? parsed(line) : undefined;
    if (value !== undefined) return value;
    end = start - 1;
  }
  throw new InputError(
    text.trim() === '' ? 'it wrote nothing' : `what it wrote is not JSON: ${shortText(text.trim())}`,
  );
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function csvValues(text: string, row: ResultRow, metrics: readonly MetricSource[]): (metric: MetricSource) => number {
  const { columns, records } = readCsvTable(text, 'result.csv', { required: metrics.map(({ at }) => at) });
  const rows = [...records].map(({ fields }) => fields);
  if (rows.length === 0) throw new InputError('the table has no rows');
  const chosen = row === 'first' ? rows.slice(0, 1) : row === 'last' ? rows.slice(-1) : rows;
  return ({ name, at }) => {
    const column = columns.indexOf(at);
    const sum = chosen.reduce((total, fields) => total + finite(name, fields[column]), 0);
    return sum / chosen.length;
  };
}

function finite(name: string, value: Json | undefined): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new InputError(`metric ${shortText(name)} must be a finite number, got ${shortText(value)}`);
}
