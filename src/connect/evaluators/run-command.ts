import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { FAMILY_VARIABLE } from './evaluation-variables.ts';
import { KeptOutput } from './kept-output.ts';
import { type Family, livingMembers, signalFamily } from './process-family.ts';

export interface CommandLine {
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | null;
  readonly timeLimitMs: number;
  /** Standard output beyond this many bytes ends the command; null = it may write what it likes. */
  readonly outputLimit: number | null;
}

export interface CommandRun {
  /** Null after a signal. */
  readonly code: number | null;
  /** Why it counts as failed whatever it wrote; null where it ended by itself with everything it had started. */
  readonly problem: string | null;
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
}

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 3000;
/** For children that are about to end when the command has. */
const SETTLE_MS = 1000;
const LOG_BYTES = 64 * 1024;

const families = new Set<Family>();
let started = 0;

/** Kills whatever commands of this process are still running, at once. */
export function killAllCommands(): void {
  for (const family of families) signalFamily(family, 'SIGKILL');
}

/**
 * Runs a command to its end, in a session of its own. On return nothing that it started is running: children of an
 * ended, late, flooding or aborted command get SIGTERM, then SIGKILL.
 */
export async function runCommand(line: CommandLine, signal: AbortSignal): Promise<CommandRun> {
  const stdout = new KeptOutput(line.outputLimit ?? LOG_BYTES);
  const stderr = new KeptOutput(LOG_BYTES);
  if (signal.aborted) return { code: null, problem: 'interrupted', stdout, stderr };
  const mark = `${process.pid}-${process.hrtime.bigint()}-${++started}`;
  const [program, ...words] = line.words;
  const child = spawn(program!, words, {
    cwd: line.cwd,
    env: { ...process.env, ...line.env, [FAMILY_VARIABLE]: mark },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ends = watch(child, { line, stdout, stderr, signal });
  child.stdin.on('error', () => undefined);
  child.stdin.end(line.stdin ?? '');
  if (child.pid === undefined) return { code: null, problem: await ends.problem, stdout, stderr };
  const family: Family = { leader: child.pid, mark };
  families.add(family);
  try {
    const stopped = await Promise.race([ends.problem, ends.exit.then(() => null)]);
    const left = stopped === null ? await leftBehind(family) : null;
    if (stopped !== null || left !== null) await endFamily(family);
    const exit = await ends.exit;
    const killed = exit.signal === null ? null : `it was ended by ${exit.signal}`;
    const closed = await Promise.race([ends.closed, pause(SETTLE_MS, 'open' as const, { ref: false })]);
    const held = closed === 'open' ? 'it left something running that holds its output' : null;
    return { code: exit.code, problem: stopped ?? killed ?? left ?? held, stdout, stderr };
  } finally {
    ends.release();
    families.delete(family);
  }
}

interface Watched {
  readonly line: CommandLine;
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  readonly signal: AbortSignal;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Ends {
  /** Why it has to be ended; never settles where it need not. */
  readonly problem: Promise<string>;
  readonly exit: Promise<Exit>;
  /** Nobody holds its outputs any more. */
  readonly closed: Promise<void>;
  release(): void;
}

function watch(child: ReturnType<typeof spawn>, { line, stdout, stderr, signal }: Watched): Ends {
  let resolveProblem: (why: string) => void;
  const problem = new Promise<string>((resolve) => {
    resolveProblem = resolve;
  });
  const abort = (): void => resolveProblem('interrupted');
  const seconds = line.timeLimitMs / 1000;
  const timer = setTimeout(() => resolveProblem(`not done after ${seconds} s`), line.timeLimitMs);
  signal.addEventListener('abort', abort, { once: true });
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    if (line.outputLimit !== null && stdout.overflowed) {
      resolveProblem(`it wrote more than ${line.outputLimit / 2 ** 20} MiB to standard output`);
    }
  });
  child.stderr!.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.on('error', (error) => resolveProblem(`it could not be started: ${error.message}`));
  return {
    problem,
    exit: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
    closed: new Promise((resolve) => child.once('close', () => resolve())),
    release: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.stdout!.destroy();
      child.stderr!.destroy();
    },
  };
}

/** Names of children that outlive their command; null where there are none. */
async function leftBehind(family: Family): Promise<string | null> {
  const until = performance.now() + SETTLE_MS;
  let members = livingMembers(family);
  while (members.length > 0 && performance.now() < until) {
    await pause(20);
    members = livingMembers(family);
  }
  if (members.length === 0) return null;
  const names = [...new Set(members.map(({ name }) => name))].slice(0, 5).join(', ');
  return `it left ${members.length === 1 ? 'a process' : `${members.length} processes`} running (${names}), now ended`;
}

async function endFamily(family: Family): Promise<void> {
  signalFamily(family, 'SIGTERM');
  const until = performance.now() + GRACE_MS;
  while (livingMembers(family).length > 0 && performance.now() < until) await pause(20);
  // A process may start another one between two looks.
  for (let look = 0; look < 100 && livingMembers(family).length > 0; look++) {
    signalFamily(family, 'SIGKILL');
    await pause(20);
  }
}
