import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onDisk } from '../../base/disk-error.ts';
import { InputError } from '../../base/errors.ts';
import { fateOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const ATTEMPTS = 40;
const LONGEST_PAUSE_MS = 12;

/** A lock held by this process, until `release`. */
export interface HeldLock {
  release(): void;
}

/**
 * Takes a lock: a file that names its owner and comes into being complete, by a hard link, which fails where there is one.
 * Only a lock whose owner has ended is removed, by one process at a time (`removeStale`); one that cannot be read never is.
 * @param what - what the lock protects, for the message
 * @throws InputError when another process holds it, or may hold it
 */
export function takeLock(file: string, what: string): HeldLock {
  const own = ownIdentity();
  return onDisk(file, 'written', () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (createWhole(file, own)) return { release: () => rmSync(file, { force: true }) };
      const text = contentOf(file);
      if (text !== null) {
        const owner = ownerIn(text, own);
        if (owner === null || fateOf(owner, own) !== 'ended') throw refusal(file, what, owner, own);
        removeStale(file, text, own);
      }
      pause();
    }
    throw new InputError(`another process is just taking this ${what}`, {
      position: { file },
      suggestion: 'try again',
    });
  });
}

const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** A link to a file that is complete: nobody ever sees a lock without its owner, but where the file system has no links. */
function createWhole(file: string, own: ProcessIdentity): boolean {
  const draft = `${file}.${own.pid}-${randomUUID()}`;
  const text = JSON.stringify(own);
  writeFileSync(draft, text, { flag: 'wx' });
  try {
    return created(() => linkSync(draft, file));
  } catch (error) {
    if (!WITHOUT_LINKS.includes((error as NodeJS.ErrnoException).code!)) throw error;
    return created(() => writeFileSync(file, text, { flag: 'wx' }));
  } finally {
    rmSync(draft, { force: true });
  }
}

function created(create: () => void): boolean {
  try {
    create();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of an ended process. Between looking and removing, another process might have done so and taken the
 * lock; therefore each remover first shows a claim of its own, then looks for others: of two, at least the second sees the
 * first. Whoever sees another living claim steps back. Alone, it may remove the lock if it is still the one it saw.
 */
function removeStale(file: string, seen: string, own: ProcessIdentity): void {
  const folder = dirname(file);
  const prefix = `${basename(file)}.claim-`;
  const name = `${prefix}${randomUUID()}`;
  const claim = join(folder, name);
  if (!createWhole(claim, own)) return;
  try {
    const others = readdirSync(folder).filter((other) => other.startsWith(prefix) && other !== name);
    for (const other of others.map((one) => join(folder, one))) {
      const text = contentOf(other);
      if (text === null) continue;
      const owner = ownerIn(text, own);
      if (owner === null || fateOf(owner, own) !== 'ended') return;
      rmSync(other, { force: true });
    }
    if (contentOf(file) === seen) rmSync(file, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Null where the file has gone meanwhile. */
function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The owner that a lock names; null where it names none. Versions before 0.2 wrote the number of the process alone. */
function ownerIn(text: string, own: ProcessIdentity): ProcessIdentity | null {
  try {
    const value = JSON.parse(text) as Partial<ProcessIdentity> | number | null;
    if (typeof value === 'number') return isPid(value) ? { ...own, pid: value, start: otherStart(value, own) } : null;
    if (typeof value !== 'object' || value === null || typeof value.host !== 'string' || !isPid(value.pid)) return null;
    const { pid, host, start = null, boot = null, container = null } = value;
    return { pid, host, start, boot, container };
  } catch {
    return null;
  }
}

/** This process writes no such lock: its number there means an earlier process. */
function otherStart(pid: number, own: ProcessIdentity): string | null {
  return pid === own.pid ? 'earlier' : null;
}

function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function refusal(file: string, what: string, owner: ProcessIdentity | null, own: ProcessIdentity): InputError {
  const position = { file };
  const remove = 'if no process is writing here any more, remove this file';
  if (owner === null) return new InputError('is a lock that names no owner', { position, suggestion: remove });
  if (fateOf(owner, own) === 'unknown') {
    const where = owner.host === own.host ? 'in another container' : `on ${owner.host}`;
    return new InputError(`process ${owner.pid} ${where} is writing this ${what}`, { position, suggestion: remove });
  }
  const who = owner.pid === own.pid ? 'this process' : `another process (${owner.pid})`;
  return new InputError(`${who} is writing this ${what}`, { position, suggestion: 'wait for it to end, or stop it' });
}

function pause(): void {
  const milliseconds = Math.random() * LONGEST_PAUSE_MS;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
