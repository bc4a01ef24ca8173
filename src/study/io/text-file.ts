import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomically } from './atomic-file.ts';

/** @throws InputError when the file cannot be read */
export function readTextFile(file: string): string {
  return onDisk(file, 'read', () => readFileSync(file, 'utf8'));
}

/** Writes a file and the folders above it. @throws InputError when the place cannot be written */
export function writeTextFile(file: string, text: string): void {
  if (file === '') throw new InputError('the name of an output file must not be empty');
  onDisk(file, 'written', () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileAtomically(file, text);
  });
}

/** What the file system refuses is the user's choice of file. */
function onDisk<T>(file: string, action: 'read' | 'written', body: () => T): T {
  try {
    return body();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new InputError(refusal(code, action), { position: { file }, suggestion: 'check the path' });
  }
}

function refusal(code: string, action: 'read' | 'written'): string {
  if (code === 'EISDIR') return 'is a folder, a file is needed';
  return code === 'ENOENT' && action === 'read' ? 'file not found' : `cannot be ${action} (${code})`;
}
