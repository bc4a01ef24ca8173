import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { onDisk } from '../../base/disk-error.ts';
import { InputError } from '../../base/errors.ts';

/** Pieces are written one after the other: the whole need not fit into memory. */
export type FileContent = string | Uint8Array | Iterable<string>;

/** Pieces are gathered to writes of at least this many characters. */
const WRITE_CHARACTERS = 1 << 16;

let drafts = 0;

/**
 * Writes a whole file or nothing: into a neighbour first, then renamed over the target. The neighbour is created, never
 * opened: a symbolic link in its place is not followed.
 * @throws InputError when the place cannot be written
 */
export function writeFileAtomically(file: string, content: FileContent): void {
  const draft = join(dirname(file), `.paretune-${process.pid}-${threadId}-${drafts++}.part`);
  onDisk(file, 'written', () => {
    requireReplaceable(file);
    rmSync(draft, { force: true });
    const descriptor = openSync(draft, 'wx');
    try {
      try {
        writeContent(descriptor, content);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    syncFolder(dirname(file));
  });
}

/** As `writeFileAtomically`; a device, a pipe or a link to one, such as /dev/stdout, is written to. */
export function writeFileOrDevice(file: string, content: FileContent): void {
  const stats = onDisk(file, 'written', () => lstatSync(file, { throwIfNoEntry: false }));
  if (stats === undefined || stats.isFile()) {
    writeFileAtomically(file, content);
    return;
  }
  onDisk(file, 'written', () => {
    const descriptor = openSync(file, 'w');
    try {
      writeContent(descriptor, content);
    } finally {
      closeSync(descriptor);
    }
  });
}

function writeContent(descriptor: number, content: FileContent): void {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    writeAll(descriptor, content);
    return;
  }
  let pending = '';
  for (const piece of content) {
    pending += piece;
    if (pending.length < WRITE_CHARACTERS) continue;
    writeAll(descriptor, pending);
    pending = '';
  }
  writeAll(descriptor, pending);
}

/** A device must not be replaced by a file of its name. */
function requireReplaceable(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : 'a device or pipe';
  throw new InputError(`is ${kind}, a file is needed`, { position: { file } });
}

export function writeAll(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
}

/** Opens a file to append to it; a symbolic link in its place is not followed. */
export function openToAppend(file: string): number {
  return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
}

/** A new name is on disk once its folder is; where folders cannot be opened, that is left to the system. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // Some file systems sync files only.
  } finally {
    closeSync(descriptor);
  }
}
