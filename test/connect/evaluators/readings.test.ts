import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import { commandBackend } from '../../../src/connect/evaluators/command-config.ts';
import { atJsonPath, jsonPathSteps } from '../../../src/connect/evaluators/json-path.ts';
import { KeptOutput } from '../../../src/connect/evaluators/kept-output.ts';
import { unitFactor } from '../../../src/connect/evaluators/unit-factor.ts';

describe('a path into JSON', () => {
  test('finds what is stored under any key and index', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.nat(5), (key, index) => {
        fc.pre(!key.includes('"'));
        const document: Json = { [key]: Array.from({ length: 6 }, (_, at) => ({ value: at })) };
        expect(atJsonPath(document, jsonPathSteps(`$["${key}"][${index}].value`))).toBe(index);
        expect(atJsonPath(document, jsonPathSteps(`["${key}"][${index - 6}].value`))).toBe(index);
      }),
    );
  });

  test('finds nothing where nothing stands, and refuses what is no path', () => {
    expect(atJsonPath({ a: [1] }, jsonPathSteps('a[3].b'))).toBeUndefined();
    expect(atJsonPath({}, jsonPathSteps('toString'))).toBeUndefined();
    expect(() => jsonPathSteps('a..b')).toThrow(/character 2/);
    expect(() => jsonPathSteps('a[*]')).toThrow(/character 2/);
  });
});

test('units of one kind convert there and back; rates by amount and time; others do not', () => {
  expect(unitFactor('s', 'ms')).toBe(1000);
  expect(unitFactor('tokens/min', 'tokens/s')! * 60).toBeCloseTo(1, 12);
  expect(unitFactor('MB/s', 'GB/h')).toBeCloseTo(3.6, 12);
  expect(unitFactor('s', 'ms')! * unitFactor('ms', 's')!).toBe(1);
  expect(unitFactor('s', 'MB')).toBeNull();
  expect(unitFactor('widgets', 'widgets')).toBe(1);
});

test('kept output is the beginning and the end, whatever the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 500 }),
      (sizes, most) => {
        const text = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size)).join('');
        const kept = new KeptOutput(most);
        let at = 0;
        for (const size of sizes) {
          kept.push(Buffer.from(text.slice(at, at + size)));
          at += size;
        }
        expect(kept.overflowed).toBe(text.length > most);
        expect(kept.text().startsWith(text.slice(0, most))).toBe(true);
        expect(kept.text().endsWith(text.slice(-Math.min(text.length, 1000)))).toBe(true);
        expect(kept.text().length).toBeLessThan(most + 2 * 90_000 + 64 * 1024 + 100);
      },
    ),
    { numRuns: 50 },
  );
});

test('a configuration is refused by the key at fault', () => {
  const problem = (config: Json): string => {
    try {
      commandBackend.prepare({ config, workload: null });
      return 'none';
    } catch (error) {
      const { path, message } = error as { path: readonly string[]; message: string };
      return `${path.join('.')}: ${message}`;
    }
  };
  const metrics = { ms: { unit: 'ms', better: 'lower' } };
  expect(problem({ command: ['x'], metrics })).toBe('none');
  expect(problem({ command: 'x y', metrics })).toMatch(/^config\.command: must be a list/);
  expect(problem({ command: ['x'], shell: true, metrics })).toMatch(/^config\.command: must be a text/);
  expect(problem({ command: ['x'], metrics: {} })).toMatch(/^config\.metrics: needs at least one/);
  expect(problem({ command: ['x'], metrics, files: { '../x': '' } })).toMatch(/^config\.files\.\.\.\/x: must lie/);
  expect(problem({ command: ['x'], metrics: { ms: { ...metrics.ms, from: 'MB' } } })).toMatch(
    /^config\.metrics\.ms\.from: "MB" cannot be converted to "ms"/,
  );
  expect(problem({ command: ['x'], metrics: { ms: { ...metrics.ms, path: 'a b' } } })).toMatch(
    /^config\.metrics\.ms\.path: is no path/,
  );
  expect(problem({ command: ['x'], metrics, timelimit: 3 })).toMatch(/^config\.timelimit: unknown key/);
});
