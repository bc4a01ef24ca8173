import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';

/**
 * Takes a lock that names its owner, so that a lock left by a killed process is recognised and replaced.
 * @param what - what the lock protects, for the message
 * @throws InputError when a living process holds it
 */
export function takeLock(file: string, what: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const descriptor = openSync(file, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(file, 'utf8'));
      if (Number.isInteger(owner) && owner > 0 && owner !== process.pid && isAlive(owner)) {
        throw new InputError(`another process (${owner}) is writing this ${what}`, {
          position: { file },
          suggestion: 'wait for it to end, or stop it',
        });
      }
      rmSync(file, { force: true });
    }
  }
  throw new InputError('is taken by another process that has just started', { position: { file } });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
