import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = new URL('../../', import.meta.url).pathname;
/** The compiled program; `build-if-stale.ts` has seen to it that it is that of the sources. */
export const PROGRAM: readonly string[] = [join(ROOT, 'dist/src/cli/main.js')];

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the compiled program as a process of its own. */
export function startParetune(
  args: readonly string[],
  cwd = ROOT,
): { process: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, finished };
}

/** Runs the compiled program to its end. */
export async function paretune(args: readonly string[], cwd = ROOT): Promise<Finished> {
  return await startParetune(args, cwd).finished;
}

/** Starts the program in `folder` and sends it a signal once the journal has so many lines. */
export async function interruptedAt(
  journal: string,
  lines: number,
  signal: NodeJS.Signals,
  args: readonly string[],
  folder: string,
): Promise<Finished> {
  const { process, finished } = startParetune(args, folder);
  while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < lines) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  process.kill(signal);
  return await finished;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'paretune-test-'));
}
