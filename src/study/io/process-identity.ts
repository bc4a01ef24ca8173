import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that no other one is taken for: numbers of processes are given again, also after a restart. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start in clock ticks since the machine's; null where the system does not tell. */
  readonly start: string | null;
  readonly host: string;
  /** Start of the machine, and the container whose numbers of processes are meant. */
  readonly boot: string | null;
  readonly container: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    start: statusOf(process.pid)?.start ?? null,
    host: hostname(),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    container: attempt(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Whether a process still runs; `unknown` where only another machine or container could tell. */
export function fateOf(process: ProcessIdentity, own: ProcessIdentity): 'alive' | 'ended' | 'unknown' {
  if (process.host !== own.host) return 'unknown';
  if (process.boot !== own.boot) return 'ended';
  if (process.container !== own.container) return 'unknown';
  if (!isAlive(process.pid)) return 'ended';
  const status = statusOf(process.pid);
  if (status === null || process.start === null) return 'alive';
  return status.start === process.start && !status.isZombie ? 'alive' : 'ended';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** From /proc; the name of the program may hold blanks and brackets, what follows its last bracket does not. */
function statusOf(pid: number): { readonly start: string; readonly isZombie: boolean } | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? null : { start, isZombie: state === 'Z' || state === 'X' };
}

function attempt(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
