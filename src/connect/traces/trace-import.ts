import { InputError } from '../../base/errors.ts';
import type { TraceHeader } from '../../simulators/workload/trace-header.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { type ImportReport, TraceTotals } from './import-report.ts';
import { SessionRounds } from './session-rounds.ts';
import { type ShapeOptions, shapeTrace } from './shape-trace.ts';
import { RequestSorter, type SpillStore } from './sort-requests.ts';
import type { TraceFormat } from './trace-format.ts';
import {
  DropCount,
  type ReadContext,
  type ReadOptions,
  type RequestReader,
  type TraceRequest,
} from './trace-request.ts';

export interface ImportOptions {
  /** Name for messages. */
  readonly file: string;
  readonly format: TraceFormat;
  readonly jsonLines: boolean;
  readonly read: ReadOptions;
  /** `from` and `to` as dates count once the first time is known: Unix seconds, else µs after the first request. */
  readonly shape: ShapeOptions;
  readonly window: AbsoluteWindow;
  /** Bytes of requests that may wait in memory. */
  readonly memoryBytes: number;
}

/** Bounds as Unix seconds, where they were given as dates. */
export interface AbsoluteWindow {
  readonly fromS: number | null;
  readonly toS: number | null;
}

/** How far rows of a file in order of time may be out of place. */
const DISORDER = 1 << 16;

/** Reads a file piece by piece into a trace. */
export class TraceImport {
  readonly #options: ImportOptions;
  readonly #context: ReadContext;
  readonly #reader: RequestReader;
  readonly #sorter: RequestSorter;
  readonly #used = new Set<keyof TraceRow>();
  readonly #sessions = new SessionRounds();
  readonly #totals = new TraceTotals();
  #firstUs = Number.NaN;
  #kept = 0;
  /** Requests in a row that lie behind the window. */
  #behind = 0;
  #measured = false;
  #stopped = false;

  constructor(options: ImportOptions, store: SpillStore) {
    this.#options = options;
    this.#context = {
      file: options.file,
      shape: options.format.shape,
      jsonLines: options.jsonLines,
      options: options.read,
      dropped: new DropCount(),
      notes: new Set(),
    };
    this.#reader = options.format.open(this.#context);
    this.#sorter = new RequestSorter(store, options.memoryBytes);
  }

  /** @returns whether more of the file is wanted */
  push(text: string): boolean {
    for (const request of this.#reader.push(text)) {
      this.#take(request);
      if (this.#isPast()) {
        this.#stopped = true;
        this.#context.notes.add('reading stopped behind the end of what is wanted; rows after it are not counted');
        return false;
      }
    }
    return true;
  }

  /** After the last push; then header, columns and rows are known. */
  end(): void {
    if (!this.#stopped) for (const request of this.#reader.end()) this.#take(request);
  }

  /** The rows of the trace, in order, once. */
  *rows(): Generator<TraceRow> {
    const shaped = shapeTrace(this.#sorter.sorted(), this.#shape(), {
      dropped: this.#context.dropped,
      sessions: this.#sessions,
    });
    for (const row of shaped) {
      this.#totals.add(row);
      yield row;
    }
  }

  /** Optional columns in which some row has a value. */
  isUsed(key: keyof TraceRow): boolean {
    return this.#used.has(key);
  }

  header(): TraceHeader {
    const { file, format, shape } = this.#options;
    return {
      traceVersion: 3,
      timeUnit: 'microseconds',
      createdAt: '',
      mode: this.#measured && shape.rateFactor === 1 ? 'real' : 'generated',
      warmUpRequests: 0,
      workloadSeed: null,
      workloadSpec: `${file.split('/').at(-1)} (${format.name})`,
      accumulate: false,
      blocks: {},
    };
  }

  /**
   * To be asked for after the rows.
   * @throws InputError where nothing was kept, or more rows are damaged than good
   */
  report(strict: boolean): ImportReport {
    const dropped = this.#context.dropped.list();
    if (this.#sorter.disorder > 0 && this.#options.format.inTimeOrder) {
      this.#context.notes.add(`${this.#sorter.disorder} requests came after a later one; they were put in order`);
    }
    if (this.#measured && this.#options.shape.rateFactor !== 1) {
      this.#context.notes.add('measured latencies are left out: they belong to the rate at which they were measured');
    }
    const { file, format } = this.#options;
    const report = this.#totals.report({
      file,
      format: format.name,
      title: format.title,
      dropped,
      notes: [...this.#context.notes],
      sessions: this.#sessions.count,
      rateFactor: this.#options.shape.rateFactor,
      firstAt: this.#dateOfFirst(),
    });
    refuseDamage(report, file, strict);
    return report;
  }

  #take(request: TraceRequest): void {
    if (Number.isNaN(this.#firstUs)) this.#firstUs = request.atUs;
    if (request.atUs - this.#firstUs >= this.#shape().toUs) {
      this.#behind++;
      this.#context.dropped.add('after the window');
      return;
    }
    this.#behind = 0;
    this.#kept++;
    this.#note(request);
    this.#sorter.add(request);
  }

  #note({ fields, carriesOn, measured }: TraceRequest): void {
    if (measured !== undefined) {
      this.#measured = true;
      if (fields?.sessionId) this.#used.add('thinkTimeUs');
    }
    if (carriesOn) this.#used.add('repeatedTokens');
    if (fields === undefined) return;
    for (const key in fields) if (fields[key as keyof TraceRow]) this.#used.add(key as keyof TraceRow);
  }

  #isPast(): boolean {
    const { format, shape } = this.#options;
    if (!format.inTimeOrder) return false;
    return this.#behind > DISORDER || (shape.sample >= 1 && this.#kept > shape.limit + this.#beforeWindow() + DISORDER);
  }

  /** How many of the kept ones may lie before the window. */
  #beforeWindow(): number {
    return this.#shape().fromUs > 0 ? Number.POSITIVE_INFINITY : 0;
  }

  /** Dates as bounds count from the first request. */
  #shape(): ShapeOptions {
    const { shape, window } = this.#options;
    const { originS } = this.#context;
    if ((window.fromS === null && window.toS === null) || originS === undefined) return shape;
    const since = (seconds: number): number => (seconds - originS) * 1e6 - this.#firstUs;
    return {
      ...shape,
      fromUs: window.fromS === null ? shape.fromUs : Math.max(0, since(window.fromS)),
      toUs: window.toS === null ? shape.toUs : since(window.toS),
    };
  }

  /** When the first request of the file came, if its times are dates. */
  #dateOfFirst(): string | null {
    const { originS } = this.#context;
    if (originS === undefined || Math.abs(originS) < 1e8 || Number.isNaN(this.#firstUs)) return null;
    return new Date(originS * 1000 + this.#firstUs / 1000).toISOString();
  }
}

function refuseDamage({ requests, dropped }: ImportReport, file: string, strict: boolean): void {
  const damaged = dropped.filter(({ damage }) => damage);
  const count = damaged.reduce((sum, kind) => sum + kind.count, 0);
  const [worst] = damaged;
  if (worst !== undefined && (strict || count > requests)) {
    const what = worst.example === '' ? worst.reason : `${worst.reason} (${worst.example})`;
    throw new InputError(`${count} of ${count + requests} rows cannot be read, the first: ${what}`, {
      position: { file, ...(worst.firstLine > 0 ? { line: worst.firstLine } : {}) },
      suggestion: strict ? 'without --strict they are left out and counted' : 'is it the right --format?',
    });
  }
  if (requests > 0) return;
  const reasons = dropped.map((kind) => `${kind.count} ${kind.reason}`).join(', ');
  throw new InputError(`no request is left: ${reasons || 'the file holds none'}`, { position: { file } });
}
