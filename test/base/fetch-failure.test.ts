import { expect, test } from 'vitest';
import { fetchFailure } from '../../src/base/fetch-failure.ts';

const refused = (address: string) => new Error(`connect ECONNREFUSED ${address}`);

test.each([
  [
    'the cause, where fetch names it',
    new TypeError('fetch failed', { cause: refused('h:9') }),
    'connect ECONNREFUSED h:9',
  ],
  ['its own text otherwise', refused('127.0.0.1:9'), 'connect ECONNREFUSED 127.0.0.1:9'],
  [
    'each address that was tried',
    new TypeError('fetch failed', { cause: new AggregateError([refused('::1:9'), refused('127.0.0.1:9')]) }),
    'connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
  ],
  ['the code where there is no text', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['no text and no code', new Error(''), 'unknown'],
  ['what is no error', 'broken', 'broken'],
])('tells %s', (_, error, reason) => {
  expect(fetchFailure(error)).toBe(reason);
});
