import { existsSync, mkdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { onDisk } from '../../base/disk-error.ts';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomically } from './atomic-file.ts';

/** No document, table or record is larger; what is larger is a mistake, and would take the memory of the machine. */
const LARGEST_MIB = 1024;

/** @throws InputError when the file cannot be read, is no regular file, or is too large */
export function readTextFile(file: string, largestMib = LARGEST_MIB): string {
  return readBytes(file, largestMib).toString('utf8');
}

/** As `readTextFile`, before decoding. */
export function readBytes(file: string, largestMib = LARGEST_MIB): Buffer {
  return onDisk(file, 'read', () => {
    requireRegular(file, statSync(file), largestMib);
    return readFileSync(file);
  });
}

/** What is not there is left to who reads it. @throws InputError when it is no regular file, or too large */
export function refuseOddFile(file: string, largestMib = LARGEST_MIB): void {
  onDisk(file, 'read', () => {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats !== undefined) requireRegular(file, stats, largestMib);
  });
}

function requireRegular(file: string, stats: Stats, largestMib: number): void {
  const position = { file };
  if (stats.isDirectory()) throw new InputError('is a folder, a file is needed', { position });
  if (!stats.isFile()) {
    const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
    throw new InputError(`is ${kind}, a file is needed`, { position, suggestion: 'copy its content into a file' });
  }
  if (stats.size > largestMib * 2 ** 20) {
    throw new InputError(`is larger than ${largestMib} MiB (${Math.ceil(stats.size / 2 ** 20)} MiB)`, {
      position,
      suggestion: 'split it, or check the path',
    });
  }
}

/** Writes a file and the folders above it. @throws InputError when the place cannot be written */
export function writeTextFile(file: string, content: string | Uint8Array): void {
  if (file === '') throw new InputError('the name of an output file must not be empty');
  makeFolder(dirname(file));
  writeFileAtomically(file, content);
}

/** Makes a folder and those above it. @throws InputError when that cannot be */
export function makeFolder(folder: string): void {
  if (folder === '') throw new InputError('the name of an output folder must not be empty');
  onDisk(folder, 'written', () => makeWithParents(resolve(folder)));
}

/** Not with `recursive`, which never ends below /proc: there, folders exist in which none can be made. */
function makeWithParents(folder: string): void {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) makeWithParents(parent);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  try {
    mkdirSync(folder);
  } catch (error) {
    const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere) throw error;
  }
}
