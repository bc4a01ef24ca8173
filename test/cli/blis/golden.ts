import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type BlisRun, runBlis } from '../../../src/cli/blis/run.ts';

const ROOT = new URL('../../fixtures/blis/', import.meta.url);

export function fixture(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

export function readFixture(path: string): string {
  const bytes = readFileSync(fixture(path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function listFixtures(path: string): readonly string[] {
  return readdirSync(fixture(path)).sort();
}

/** Flags of a recorded command line; file names are made absolute below `folder`. */
export function flagsOf(command: string, folder: string): Record<string, string | boolean> {
  const words = command.trim().split(/\s+/);
  const flags: Record<string, string | boolean> = {};
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.replace(/^--/, '');
    const value = words[i + 1];
    if (value === undefined || value.startsWith('--')) {
      flags[name] = true;
      continue;
    }
    flags[name] = name === 'workload-spec' || name === 'kv-offload-config' ? fixture(`${folder}/${value}`) : value;
    i++;
  }
  return flags;
}

export type Figures = Record<string, unknown>;
export type RequestRow = Record<string, unknown>;

/** What the metrics file of a run would hold, through the very text that is written. */
export function metricsOf(run: BlisRun): { readonly figures: Figures; readonly requests: readonly RequestRow[] } {
  const { requests, ...figures } = JSON.parse([...run.report.metricsFile()].join('')) as Figures & {
    requests?: RequestRow[];
  };
  return { figures, requests: requests ?? [] };
}

export { runBlis };

/** First request that differs from the record, as text; undefined if none does. Compared by id. */
export function firstDifference(got: readonly RequestRow[], expected: readonly RequestRow[]): string | undefined {
  const byId = new Map(got.map((row) => [row['requestID'], row]));
  if (got.length !== expected.length) return `${got.length} requests instead of ${expected.length}`;
  for (const row of expected) {
    const mine = byId.get(row['requestID']);
    if (mine === undefined) return `${row['requestID']} is missing`;
    for (const [key, value] of Object.entries(row)) {
      const absent = typeof value === 'number' ? 0 : '';
      if ((mine[key] ?? absent) !== value) return `${row['requestID']} ${key}: ${mine[key]} instead of ${value}`;
    }
  }
  return undefined;
}

/** Rows of a CSV file with header; numbers where the column holds numbers. */
export function csvRows(text: string): readonly RequestRow[] {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, TEXTS.has(names[i]!) ? cell : Number(cell)])),
  );
}

const TEXTS = new Set(['requestID', 'slo_class', 'tenant_id', 'handled_by', 'model', 'session_id']);
