import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeInputError, InputError, unknownName } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { parsePart, parseWith } from '../../src/document/schema.ts';
import { readBy } from '../../src/document/schema-parts.ts';
import { parseYaml, placed } from '../../src/document/yaml.ts';

const schema = z.strictObject({
  name: z.string(),
  count: z.int().min(1),
  kind: z.enum(['fast', 'slow']).optional(),
  parts: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('range'), low: z.number(), high: z.number() }),
        z.strictObject({ type: z.literal('list'), items: z.array(z.string()) }),
      ]),
    )
    .optional(),
  limit: z.union([z.strictObject({ at_least: z.number() }), z.strictObject({ at_most: z.number() })]).optional(),
  names: z.record(z.string().regex(/^[a-z]+$/, { error: 'must be lower case' }), z.number()).optional(),
});

function refusal(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  throw new Error('nothing was refused');
}

const complaint = (rule: z.ZodType, value: Json): string => refusal(() => parseWith(rule, value));

function problemsOf(text: string): string[] {
  const source = parseYaml(text, 'f.yaml');
  try {
    placed(source, 0, () => parseWith(schema, source.value));
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error).split('\n');
    throw error;
  }
  return [];
}

describe('what is wrong with a file', () => {
  test('is said at once, in the order of the text', () => {
    expect(
      problemsOf('extra: 1\ncount: 0\nkind: fats\nparts:\n- {type: range, low: x}\n- {type: set}\nname: 3\n'),
    ).toEqual([
      'f.yaml:1:1 extra: unknown key "extra"; known keys: count, kind, limit, name, names, parts',
      'f.yaml:2:1 count: must be ≥ 1, got 0',
      'f.yaml:3:1 kind: must be "fast" or "slow", got "fats"; did you mean "fast"?',
      'f.yaml:5:3 parts[0].high: is required but missing; add it: must be a number',
      'f.yaml:5:17 parts[0].low: must be a number, got "x"',
      'f.yaml:6:4 parts[1].type: must be "range" or "list", got "set"',
      'f.yaml:7:1 name: must be a string, got 3',
    ]);
  });

  test('a key misspelt is one problem, not one unknown and one missing', () => {
    expect(problemsOf('name: a\ncuont: 1\n')).toEqual([
      'f.yaml:2:1 cuont: unknown key "cuont"; did you mean "count"? known keys: count, kind, limit, name, names, parts',
    ]);
  });

  test('of the forms of a union the nearest explains', () => {
    expect(problemsOf('{name: a, count: 1, limit: {at_least: x}}')).toEqual([
      'f.yaml:1:29 limit.at_least: must be a number, got "x"',
    ]);
    expect(problemsOf('{name: a, count: 1, limit: 3}')).toEqual([
      'f.yaml:1:21 limit: has none of the accepted forms, got 3',
    ]);
  });

  test('a key of the wrong form is told with the form', () => {
    expect(problemsOf('{name: a, count: 1, names: {ok: 1, No: 2}}')).toEqual([
      'f.yaml:1:36 names.No: must be lower case, got "No"',
    ]);
  });

  test('of the forms of a union the only one for values of this type explains', () => {
    const size = z.union([z.number().min(0), z.enum(['small', 'large']), z.strictObject({ low: z.number() })]);
    const told = (value: Json) => complaint(z.strictObject({ size }), { size: value });
    expect(told(-1)).toBe('size: must be ≥ 0, got -1');
    expect(told('smal')).toBe('size: must be "small" or "large", got "smal"; did you mean "small"?');
    expect(told({ lo: 1 })).toBe('size.lo: unknown key "lo"; did you mean "low"? known keys: low');
    expect(told(true)).toBe('size: has none of the accepted forms, got true');
  });

  test('an unknown key is told with the keys of the form that the tag names', () => {
    const text = '{name: a, count: 1, parts: [{type: list, itms: []}]}';
    expect(problemsOf(text)).toEqual([
      'f.yaml:1:42 parts[0].itms: unknown key "itms"; did you mean "items"? known keys: items, type',
    ]);
  });

  test('a tag that may be left out is told with its written values only', () => {
    const law = z.discriminatedUnion('law', [
      z.strictObject({ law: z.literal('uniform').nullish() }),
      z.strictObject({ law: z.literal('constant') }),
    ]);
    expect(complaint(law, { law: 'zipf' })).toBe('law: must be "uniform" or "constant", got "zipf"');
  });

  test('what a reader of names refuses is told in its own words, of values and of keys', () => {
    const model = z.string().transform(
      readBy((name) => {
        if (name !== 'Qwen3') throw unknownName('model', name, ['Qwen3']);
        return name;
      }),
    );
    const unknown = 'unknown model "Qwen4"; did you mean "Qwen3"? known: Qwen3';
    expect(complaint(z.strictObject({ model }), { model: 'Qwen4' })).toBe(`model: ${unknown}`);
    expect(complaint(z.record(model, z.number()), { Qwen4: 1 })).toBe(`Qwen4: ${unknown}`);
  });

  test('a part of a document is told with its place in the whole', () => {
    expect(refusal(() => parsePart(z.number(), 'x', ['config', 'rate']))).toBe(
      'config.rate: must be a number, got "x"',
    );
  });

  test('nothing, for a file that is right', () => {
    const value: Json = { name: 'a', count: 2, parts: [{ type: 'list', items: [] }] };
    expect(parseWith(schema, value)).toEqual(value);
  });
});
