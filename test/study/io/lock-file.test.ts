import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { describeProblem, InputError } from '../../../src/base/errors.ts';
import { takeLock } from '../../../src/study/io/lock-file.ts';
import { ownIdentity } from '../../../src/study/io/process-identity.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
const file = join(folder, 'journal.lock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(file, { force: true }));

const own = ownIdentity();

/** A process that has ended and was waited for. */
async function endedPid(): Promise<number> {
  const child = spawn('true');
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid!;
}

function refusal(): string {
  try {
    takeLock(file, 'journal').release();
    return 'taken';
  } catch (error) {
    if (error instanceof InputError) return describeProblem(error).replace(`${file}: `, '');
    throw error;
  }
}

describe('a lock', () => {
  test('names its owner as long as it is held, and leaves nothing behind', () => {
    const lock = takeLock(file, 'journal');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(own);
    expect(refusal()).toMatch(/^this process is writing this journal/);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['an empty one', '', /names no owner/],
    ['one of half a line', '{"pid": 1', /names no owner/],
    ['that of a living process', JSON.stringify({ ...own, pid: process.ppid, start: null }), /another process/],
    ['the number of a living process, as 0.1 wrote it', String(process.ppid), /^another process \(\d+\) is writing/],
    ['one of another machine', JSON.stringify({ ...own, host: 'elsewhere' }), /^process \d+ on elsewhere is writing/],
    ['one of another container', JSON.stringify({ ...own, container: 'pid:[1]' }), /in another container/],
  ])('is refused where there is %s', (_, text, expected) => {
    writeFileSync(file, text);
    expect(refusal()).toMatch(expected);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test.each<[string, () => Promise<string> | string]>([
    ['a process that has ended', async () => JSON.stringify({ ...own, pid: await endedPid() })],
    ['an ended process, as 0.1 wrote it', async () => String(await endedPid())],
    ['an earlier process of this number', () => JSON.stringify({ ...own, start: '1' })],
    ['an earlier process of this number, as 0.1 wrote it', () => String(process.pid)],
    [
      'another process that got the number of its owner',
      () => JSON.stringify({ ...own, pid: process.ppid, start: '1' }),
    ],
    ['the time before a restart of the machine', () => JSON.stringify({ ...own, boot: 'earlier' })],
  ])('is taken over from %s', async (_, text) => {
    writeFileSync(file, await text());
    expect(refusal()).toBe('taken');
    expect(existsSync(file)).toBe(false);
  });
});
