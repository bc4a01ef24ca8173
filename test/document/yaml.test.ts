import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../src/base/errors.ts';
import { formatYaml, orderedValue, parseYaml } from '../../src/document/yaml.ts';

function complaint(text: string): string {
  try {
    parseYaml(text, 'f.yaml');
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return 'accepted';
}

describe('a YAML text', () => {
  test('is refused for every key that it gives twice', () => {
    expect(complaint('a: 1\nb: {c: 1, c: 2}\na: 3\n').split('\n')).toEqual([
      'f.yaml:2:11 c: key "c" is given twice; remove one',
      'f.yaml:3:1 a: key "a" is given twice; remove one',
    ]);
  });

  test('is refused where its aliases unfold without end', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i}: &l${i} [${`*l${i - 1}, `.repeat(i === 0 ? 0 : 9)}x]\n`);
    expect(complaint(levels.join(''))).toMatch(/^f\.yaml:1:1: cannot be unfolded: /);
  });

  test('is refused where an alias stands inside of what it names, and where it is nested deeper than can be read', () => {
    const inside = 'f.yaml:1:1: cannot be unfolded: an alias stands inside of what it names';
    expect(complaint('name: a\nparameters: &a [*a]\n')).toBe(inside);
    expect(complaint('a: &a {b: {c: *a}}\n')).toBe(inside);
    expect(complaint(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toBe('f.yaml:1:1: is nested too deeply to be read');
    expect(parseYaml('a: &a [1]\nb: [*a, *a]\n', 'f.yaml').value).toEqual({ a: [1], b: [[1], [1]] });
  });

  test('is read without a word of the library on stderr', async () => {
    const warnings: string[] = [];
    const heard = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', heard);
    parseYaml('? [a, b]\n: c\n', 'f.yaml');
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('warning', heard);
    expect(warnings).toEqual([]);
  });

  test('comes back from its value, long texts on one line', () => {
    const value = { name: 'x', list: [1, 2.5, null, true], text: 'long '.repeat(50).trim(), 'a: b': '# no comment' };
    const text = formatYaml(value);
    expect(parseYaml(text, 'f.yaml').value).toEqual(value);
    expect(text).toContain(value.text);
  });

  test('keeps the order of keys that are numbers where that is asked for', () => {
    const ordered = orderedValue('b: {20: x, 3: y}\na: 1\n') as Map<string, Map<number, string>>;
    expect([...ordered.keys()]).toEqual(['b', 'a']);
    expect([...ordered.get('b')!.keys()]).toEqual([20, 3]);
  });
});
