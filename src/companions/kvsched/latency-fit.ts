import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { csvLine, mapRows, readCsvTable } from '../../document/csv.ts';
import { readTextFile } from '../../study/io/text-file.ts';

/** One measured latency. */
export interface MeasuredLatency {
  readonly gpu: string;
  /** `total` where a table has no stages. */
  readonly stage: string;
  readonly tokens: number;
  readonly batch: number;
  readonly ms: number;
}

/** latency = alpha + beta · tokens + gamma · batch, by least squares. */
export interface FittedLatency {
  readonly gpu: string;
  readonly stage: string;
  readonly alphaMs: number;
  readonly betaMsPerToken: number;
  readonly gammaMsPerRequest: number;
  readonly rows: number;
  /** Of the fit on its own rows. */
  readonly rmseMs: number;
  readonly r2: number;
}

/** Fewer measurements of a GPU say too little about three coefficients. */
const FEWEST_ROWS = 6;

export interface BenchGrid {
  readonly gpus: readonly string[];
  readonly stages: readonly string[];
  readonly tokens: readonly number[];
  readonly batches: readonly number[];
}

/** A table with a row for everything that is to be measured, and no latency yet. */
export function benchTemplate({ gpus, stages, tokens, batches }: BenchGrid): string {
  const rows = gpus.flatMap((gpu) =>
    stages.flatMap((stage) =>
      tokens.flatMap((length) => batches.map((batch) => csvLine([gpu, stage, length, batch, '']))),
    ),
  );
  return `${['gpu,stage,seq_len,batch,latency_ms', ...rows].join('\n')}\n`;
}

/** @throws InputError with line and column, also for a latency that nobody has filled in */
export function readMeasurements(file: string): readonly MeasuredLatency[] {
  const required = ['gpu', 'seq_len', 'batch', 'latency_ms'];
  const table = readCsvTable(readTextFile(file), file, { required, optional: ['stage'] });
  const at = (column: string): number => table.columns.indexOf(column);
  const rows = mapRows(table, (row): MeasuredLatency => {
    const number = (column: string): number => {
      const text = row.fields[at(column)]!.trim();
      if (text !== '' && Number.isFinite(Number(text)) && Number(text) >= 0) return Number(text);
      const position = table.locate(row, at(column));
      if (text === '')
        throw new InputError(`${column} is empty`, { position, suggestion: 'fill in what was measured' });
      throw new InputError(`${column} must be a number ≥ 0, got ${shortText(text)}`, { position });
    };
    const stage = at('stage') < 0 ? '' : row.fields[at('stage')]!.trim();
    return {
      ...{ gpu: row.fields[at('gpu')]!.trim(), stage: stage === '' ? 'total' : stage },
      ...{ tokens: number('seq_len'), batch: number('batch'), ms: number('latency_ms') },
    };
  });
  if (rows.length === 0) throw new InputError('the table has no rows', { position: { file } });
  return rows;
}

/** A fit for each GPU and stage, in order of appearance. @throws InputError naming the GPU that cannot be fitted */
export function fitLatencies(rows: readonly MeasuredLatency[], file: string): readonly FittedLatency[] {
  const keyOf = ({ gpu, stage }: MeasuredLatency): string => JSON.stringify([gpu, stage]);
  return [...new Set(rows.map(keyOf))].map((key) => {
    const own = rows.filter((row) => keyOf(row) === key);
    return fitOne(own, `${own[0]!.gpu}${own[0]!.stage === 'total' ? '' : `, ${own[0]!.stage}`}`, file);
  });
}

function fitOne(rows: readonly MeasuredLatency[], name: string, file: string): FittedLatency {
  const position = { file };
  if (rows.length < FEWEST_ROWS) {
    throw new InputError(`${name}: needs at least ${FEWEST_ROWS} measurements, got ${rows.length}`, { position });
  }
  const mean = (of: (row: MeasuredLatency) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const [tokens, batch, ms] = [mean((row) => row.tokens), mean((row) => row.batch), mean((row) => row.ms)];
  const product = (a: (row: MeasuredLatency) => number, b: (row: MeasuredLatency) => number): number =>
    mean((row) => a(row) * b(row));
  const x = (row: MeasuredLatency): number => row.tokens - tokens;
  const z = (row: MeasuredLatency): number => row.batch - batch;
  const y = (row: MeasuredLatency): number => row.ms - ms;
  const [xx, zz, xz] = [product(x, x), product(z, z), product(x, z)];
  const determinant = xx * zz - xz * xz;
  if (!(determinant > 1e-12 * xx * zz)) {
    throw new InputError(`${name}: lengths and batch sizes must both vary, and not together`, {
      position,
      suggestion: 'measure several lengths at several batch sizes',
    });
  }
  const beta = (product(x, y) * zz - product(z, y) * xz) / determinant;
  const gamma = (product(z, y) * xx - product(x, y) * xz) / determinant;
  const alpha = ms - beta * tokens - gamma * batch;
  const residual = mean((row) => (row.ms - alpha - beta * row.tokens - gamma * row.batch) ** 2);
  const spread = product(y, y);
  return {
    ...{ gpu: rows[0]!.gpu, stage: rows[0]!.stage, rows: rows.length },
    ...{ alphaMs: alpha, betaMsPerToken: beta, gammaMsPerRequest: gamma },
    ...{ rmseMs: Math.sqrt(residual), r2: spread === 0 ? 1 : 1 - residual / spread },
  };
}

/** The fits as a document: GPU, and stage where there are any. */
export function fittedProfiles(fits: readonly FittedLatency[]): Record<string, unknown> {
  const profile = ({ alphaMs, betaMsPerToken, gammaMsPerRequest, rows, rmseMs, r2 }: FittedLatency) => ({
    ...{ alpha_ms: alphaMs, beta_ms_per_token: betaMsPerToken, gamma_ms_per_batch: gammaMsPerRequest },
    ...{ rows, rmse_ms: rmseMs, r2 },
  });
  const gpus = [...new Set(fits.map(({ gpu }) => gpu))];
  return Object.fromEntries(
    gpus.map((gpu) => {
      const own = fits.filter((fit) => fit.gpu === gpu);
      const single = own.length === 1 && own[0]!.stage === 'total';
      return [gpu, single ? profile(own[0]!) : Object.fromEntries(own.map((fit) => [fit.stage, profile(fit)]))];
    }),
  );
}
