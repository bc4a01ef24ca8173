import { readFileSync } from 'node:fs';
import { USUAL_READING } from '../../../src/connect/traces/read-whole-trace.ts';
import type { ShapeOptions } from '../../../src/connect/traces/shape-trace.ts';
import type { SpillStore } from '../../../src/connect/traces/sort-requests.ts';
import { detectFormat, fileHead, formatByName } from '../../../src/connect/traces/trace-formats.ts';
import { TraceImport } from '../../../src/connect/traces/trace-import.ts';
import type { ReadOptions } from '../../../src/connect/traces/trace-request.ts';
import type { TraceRow } from '../../../src/simulators/workload/trace-row.ts';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/traces/${name}`, import.meta.url), 'utf8');

/** Runs in memory. */
export class MemoryStore implements SpillStore {
  readonly runs: string[][] = [];

  write(run: number, lines: readonly string[]): void {
    this.runs[run] ??= [];
    this.runs[run].push(...lines);
  }

  read(run: number): Iterable<string> {
    return this.runs[run] ?? [];
  }
}

export interface Imported {
  readonly rows: readonly TraceRow[];
  readonly report: ReturnType<TraceImport['report']>;
  readonly format: string;
}

interface Options {
  readonly format?: string;
  readonly read?: Partial<ReadOptions>;
  readonly shape?: Partial<ShapeOptions>;
  readonly window?: { readonly fromS: number | null; readonly toS: number | null };
  /** Characters handed over at once. */
  readonly piece?: number;
  readonly memoryBytes?: number;
  readonly strict?: boolean;
}

export function imported(text: string, options: Options = {}): Imported {
  const head = fileHead(text, 'file');
  const format = options.format === undefined ? detectFormat(head, 'file') : formatByName(options.format, head.shape);
  const trace = new TraceImport(
    {
      file: 'file',
      format,
      jsonLines: head.jsonLines,
      read: { ...USUAL_READING, ...options.read },
      shape: {
        fromUs: 0,
        toUs: Number.POSITIVE_INFINITY,
        limit: Number.POSITIVE_INFINITY,
        sample: 1,
        seed: 0,
        rateFactor: 1,
        spreadUs: 0,
        ...options.shape,
      },
      window: options.window ?? { fromS: null, toS: null },
      memoryBytes: options.memoryBytes ?? 1e9,
    },
    new MemoryStore(),
  );
  const piece = options.piece ?? text.length;
  for (let at = 0; at < text.length; at += piece) if (!trace.push(text.slice(at, at + piece))) break;
  trace.end();
  const rows = [...trace.rows()];
  return { rows, report: trace.report(options.strict ?? false), format: format.name };
}

/** Arrival µs, prompt tokens, output tokens. */
export function requests({ rows }: Imported): readonly (readonly [number, number, number])[] {
  return rows.map((row) => [row.arrivalTimeUs, row.inputTokens, row.outputTokens]);
}
