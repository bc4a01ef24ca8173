import { readdirSync, readFileSync } from 'node:fs';
import { FAMILY_VARIABLE } from './evaluation-variables.ts';

/** A process that is alive. */
export interface Member {
  readonly pid: number;
  readonly name: string;
}

export interface Family {
  /** The process that was started as leader of its own session. */
  readonly leader: number;
  /** Value of `FAMILY_VARIABLE`. */
  readonly mark: string;
}

interface Row extends Member {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * Processes of a family that are alive: of the leader's group or session, with the mark in their environment, and
 * descendants of these. Without /proc (macOS) the group alone can be asked.
 */
export function livingMembers({ leader, mark }: Family): readonly Member[] {
  const rows = processTable();
  if (rows === null) return groupAlive(leader) ? [{ pid: leader, name: `process group ${leader}` }] : [];
  const members = new Map<number, Member>();
  const own = process.pid;
  for (const row of rows) {
    if (row.pid === own) continue;
    if (row.group === leader || row.session === leader || carriesMark(row.pid, mark)) members.set(row.pid, row);
  }
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const row of rows) if (members.has(row.parent) && row.pid !== own) members.set(row.pid, row);
  }
  return [...members.values()].map(({ pid, name }) => ({ pid, name }));
}

/** Sends a signal to all of them; who has ended meanwhile is passed over. */
export function signalFamily(family: Family, signal: 'SIGTERM' | 'SIGKILL'): void {
  send(-family.leader, signal);
  for (const { pid } of livingMembers(family)) send(pid, signal);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // ESRCH: it has ended; EPERM: it changed its user and is out of reach.
  }
}

function groupAlive(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

/** Zombies are no longer alive; they wait for a parent to read their exit code. */
function processTable(): readonly Row[] | null {
  let names: readonly string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  if (names.length === 0) return null;
  return names.flatMap((name) => {
    const stat = contents(`/proc/${name}/stat`);
    const close = stat.lastIndexOf(')');
    const [state, parent, group, session] = stat.slice(close + 2).split(' ');
    if (close < 0 || state === 'Z' || state === 'X') return [];
    const row = { parent: Number(parent), group: Number(group), session: Number(session) };
    return [{ pid: Number(name), name: stat.slice(stat.indexOf('(') + 1, close), ...row }];
  });
}

function carriesMark(pid: number, mark: string): boolean {
  return contents(`/proc/${pid}/environ`).split('\0').includes(`${FAMILY_VARIABLE}=${mark}`);
}

/** Empty for a process that has ended or belongs to somebody else. */
function contents(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
