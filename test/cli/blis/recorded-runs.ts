import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { run as runBlis } from '../../../src/cli/blis/main.ts';
import { readFixture } from './golden.ts';

/** A command line of the reference with all it read, printed and wrote. */
export interface RecordedRun {
  readonly id: string;
  readonly kind: string;
  readonly command: 'run' | 'replay';
  /** A value of the form `@name` is a file below; `OUT/` is the output folder; null = a switch. */
  readonly flags: readonly (readonly [name: string, value: string | number | null])[];
  readonly files: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export function recordedRuns(file: string): readonly RecordedRun[] {
  return readFixture(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedRun);
}

/** Runs `paretune blis` in this process with the same flags and files. */
export async function repeat(run: Pick<RecordedRun, 'command' | 'flags' | 'files'>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'recorded-run-'));
  const out = `${join(folder, 'out')}/`;
  mkdirSync(out);
  for (const [name, text] of Object.entries(run.files)) writeFileSync(join(folder, name), text);
  const flags = run.flags.map(([name, value]) => {
    if (value === null) return `--${name}`;
    return `--${name}=${String(value).replace(/^@/, `${folder}/`).replace('OUT/', out)}`;
  });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  try {
    const code = await runBlis(['blis', run.command, ...flags]);
    const outputs = Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]));
    return { code, ...printed, outputs };
  } finally {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  }
}

/**
 * What can be compared of an outcome: not the order of requests that arrive at the same instant, not the number of
 * priority inversions, which varies from run to run of the reference, and of a refusal only that it is one.
 */
export function comparable({ code, stdout, outputs }: Omit<Outcome, 'stderr'>): unknown {
  if (code !== 0) return 'refused';
  return {
    stdout: stdout.replace(/^Priority Inversions: \d+$/m, 'Priority Inversions:').trimEnd(),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, text]) => [name, content(name, text)])),
  };
}

function content(name: string, text: string): unknown {
  if (!name.endsWith('.json')) return text.split('\n').sort();
  const finalNewline = text.endsWith('\n');
  return { finalNewline, document: ordered(JSON.parse(text)) };
}

function ordered(document: unknown): unknown {
  if (Array.isArray(document)) return [...document].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const { requests, ...figures } = document as { requests?: readonly unknown[] };
  return requests === undefined ? figures : { ...figures, requests: ordered(requests) };
}

function idOf(row: unknown): string {
  const { requestID, request_id } = row as { requestID?: string; request_id?: number };
  return requestID ?? String(request_id).padStart(12, '0');
}
