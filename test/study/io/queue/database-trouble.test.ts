import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../../../src/base/errors.ts';
import { troubleOf } from '../../../../src/study/io/queue/database-trouble.ts';

const LOCATION = { connectionString: 'postgres://me:s3cret@db/tuning', schema: 'paretune', shown: 'db:5432/tuning' };
const error = (code: string, message = 'as told') => Object.assign(new Error(message), { code });

describe('trouble with the database', () => {
  test.each([
    ['53100', /disk .* full/],
    ['53300', /no connection left/],
    ['57P03', /stopping or starting/],
    ['57P01', /stopping or starting/],
    ['08006', /lost/],
    ['25006', /no writes/],
    ['40P01', /in the way/],
    ['ECONNREFUSED', /cannot be reached/],
    ['ENOTFOUND', /cannot be reached/],
  ])('of code %s may pass', (code, reason) => {
    expect(troubleOf(error(code), LOCATION)).toMatchObject({ kind: 'passing', reason: expect.stringMatching(reason) });
  });

  test('without a code may pass when the connection went away', () => {
    for (const message of ['Connection terminated unexpectedly', 'Query read timeout', 'timeout expired']) {
      expect(troubleOf(new Error(message), LOCATION).kind).toBe('passing');
    }
  });

  test.each([
    ['28P01', 'refuses the password'],
    ['3D000', 'no such database'],
    ['42501', 'may not do this'],
    ['42P01', 'holds no queue'],
    ['28000', 'lets nobody in'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'no TLS connection'],
  ])('of code %s is final, and one line says why and never a password', (code, line) => {
    const found = troubleOf(error(code), LOCATION);
    if (found.kind !== 'final') throw new Error('not final');
    const text = describeProblem(found.error);
    expect(text).toContain(line);
    expect(text).not.toMatch(/s3cret|\n/);
  });

  test('of no known kind is a fault of ours', () => {
    expect(troubleOf(error('42601'), LOCATION).kind).toBe('unknown');
    expect(troubleOf(new TypeError('x is not a function'), LOCATION).kind).toBe('unknown');
  });
});
