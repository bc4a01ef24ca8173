import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { readQueueLocation } from '../../../../src/study/io/queue/queue-location.ts';

const folder = mkdtempSync(join(tmpdir(), 'queue-location-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refused = (value: string): InputError => {
  try {
    readQueueLocation(value);
  } catch (error) {
    if (error instanceof InputError) return error;
  }
  throw new Error(`not refused: ${value}`);
};

describe('where a queue is', () => {
  test('is a URL without a password, whose schema is ours and whose rest is for the database', () => {
    const found = readQueueLocation('postgres://me@db.example:6432/tuning?schema=second&sslmode=verify-full');
    expect(found).toEqual({
      connectionString: 'postgres://me@db.example:6432/tuning?sslmode=verify-full',
      schema: 'second',
      shown: 'db.example:6432/tuning',
    });
    expect(readQueueLocation('postgresql://db/tuning').schema).toBe('paretune');
  });

  test('may hold a password only in a file or a variable', () => {
    const url = 'postgres://me:s3cret@db/tuning';
    const file = join(folder, 'queue');
    writeFileSync(file, `${url}\n`);
    process.env['QUEUE_OF_TEST'] = url;
    for (const place of [`@${file}`, 'env:QUEUE_OF_TEST']) {
      expect(readQueueLocation(place)).toMatchObject({ connectionString: url, shown: 'db:5432/tuning' });
    }
  });

  test.each(['postgres://me:s3cret@db/tuning', 'postgres://me@db/tuning?password=s3cret'])(
    'with a password on the command line is refused, and the password not repeated: %s',
    (value) => {
      const { message, suggestion } = refused(value);
      expect(message).toMatch(/everybody on this machine/);
      expect(suggestion).toMatch(/PGPASSWORD/);
      expect(`${message} ${suggestion}`).not.toMatch(/s3cret/);
    },
  );

  test.each([
    ['http://db/tuning', /no URL of PostgreSQL/],
    ['s3cret', /no URL of PostgreSQL/],
    ['@/nowhere/at/all', /file not found/],
    ['env:NOT_SET_AT_ALL', /is not set/],
    ['postgres://db/tuning?schema=a;drop', /lower-case name/],
  ])('otherwise is refused in one line: %s', (value, line) => {
    const { message } = refused(value);
    expect(message).toMatch(line);
    expect(message).not.toMatch(/s3cret/);
  });
});
