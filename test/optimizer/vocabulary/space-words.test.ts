import { describe, expect, it } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import { answerLine } from '../../../src/optimizer/ask-tell/session.ts';
import { EMPTY_SESSION } from '../../../src/optimizer/ask-tell/session-state.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import { levelCount, steppedValue } from '../../../src/optimizer/space/levels.ts';
import type { Parameter, RealParameter, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { parseSearchSpace } from '../../../src/study/plan/search-space-file.ts';

/** The space that an ask-tell session makes of the same words. */
function askTellSpace({ parameters, ...relations }: { parameters: Json } & Record<string, Json>): SearchSpace {
  const message = { op: 'init', space: parameters, objectives: [{ name: 'f' }], ...relations };
  const context = { sampler: createSampler('random'), version: '' };
  return answerLine(EMPTY_SESSION, JSON.stringify(message), context).state.setup!.space;
}

const both = (document: { parameters: Json } & Record<string, Json>): SearchSpace => {
  const space = parseSearchSpace(document);
  expect(askTellSpace(document)).toEqual(space);
  return space;
};

const refusal = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return 'accepted';
};

const refusals = (document: { parameters: Json } & Record<string, Json>): string => {
  const message = refusal(() => parseSearchSpace(document));
  const other = refusal(() => askTellSpace(document));
  expect(other.replaceAll('space', 'parameters')).toBe(message.replaceAll('space', 'parameters'));
  return message;
};

const range = (kind: 'real' | 'integer', low: number, high: number, more: object = {}) => ({
  name: 'a',
  kind,
  low,
  high,
  log: false,
  ...more,
});

describe('words of search spaces, in files and in ask-tell alike', () => {
  it.each<[object, object]>([
    [{ type: 'int', low: 0, high: 4 }, range('integer', 0, 4)],
    [{ type: 'integer', bounds: [0, 4] }, range('integer', 0, 4)],
    [{ type: 'float', bounds: [0, 1] }, range('real', 0, 1)],
    [{ type: 'real', low: 0, high: 1, step: null, log: false }, range('real', 0, 1)],
    [{ type: 'range', bounds: [0, 1] }, range('real', 0, 1)],
    [{ type: 'range', bounds: [0, 8] }, range('integer', 0, 8)],
    [{ type: 'range', bounds: [1, 1024], log: true }, range('integer', 1, 1024, { log: true })],
    [{ type: 'range', bounds: [0, 8], step: 0.5 }, range('real', 0, 8, { step: 0.5 })],
    [{ type: 'bool' }, { name: 'a', kind: 'categorical', choices: [false, true] }],
    [
      { type: 'choice', values: [1, 'b', null] },
      { name: 'a', kind: 'categorical', choices: [1, 'b', null] },
    ],
    [
      { type: 'categorical', categories: [true, null] },
      { name: 'a', kind: 'categorical', choices: [true, null] },
    ],
    [
      { type: 'ordinal', values: [1, 2, 8] },
      { name: 'a', kind: 'ordinal', levels: [1, 2, 8] },
    ],
    [
      { type: 'simplex', size: 2 },
      { name: 'a', kind: 'simplex', components: ['w1', 'w2'] },
    ],
    [
      { type: 'simplex', components: ['kv', 'queue'] },
      { name: 'a', kind: 'simplex', components: ['kv', 'queue'] },
    ],
  ])('%j, in a list and in a map', (words, expected) => {
    expect(both({ parameters: [{ name: 'a', ...words }] as Json }).parameters).toEqual([expected]);
    expect(both({ parameters: { a: words } as Json }).parameters).toEqual([expected]);
  });

  it('conditions, constraints and forbidden combinations', () => {
    const space = both({
      parameters: {
        tp: { type: 'int', low: 1, high: 8 },
        pp: [1, 4],
        kind: { type: 'choice', values: ['x', null] },
        age: { type: 'float', low: 0, high: 1, when: { parameter: 'kind', equals: null } },
        late: { type: 'bool', when: { parameter: 'tp', low: 4 } },
      },
      parameter_constraints: ['tp * 2 + pp <= 12', { terms: { tp: 1, pp: -1 }, at_least: 0 }],
      forbidden: [
        { kind: null, tp: [1, 2] },
        { age: { high: 0.5 }, pp: 4 },
      ],
    });
    expect(space.parameters[3]!.activeWhen).toEqual({ parameter: 'kind', in: [null] });
    expect(space.parameters[4]!.activeWhen).toEqual({ parameter: 'tp', low: 4, high: 8 });
    expect(space.linear!.map(({ terms, atMost }) => [terms.map(({ factor }) => factor), Math.abs(atMost)])).toEqual([
      [[2, 1], 12],
      [[-1, 1], 0],
    ]);
    expect(space.forbidden).toEqual([
      [
        { parameter: 'kind', in: [null] },
        { parameter: 'tp', in: [1, 2] },
      ],
      [
        { parameter: 'age', low: 0, high: 0.5 },
        { parameter: 'pp', in: [4] },
      ],
    ]);
  });

  it.each<[object, string]>([
    [{ type: 'flaot', low: 0, high: 1 }, 'did you mean "float"?'],
    [{ type: 'intger', low: 0, high: 1 }, 'did you mean "integer"?'],
    [{ type: 'int', low: 0 }, '.high: is required but missing; add it: `low` and `high`, or `bounds: [low, high]`'],
    [{ type: 'int', low: 0, high: 4, bounds: [0, 4] }, 'bounds: stands beside `low` or `high`'],
    [{ type: 'choice', values: [1, 2], choices: [1, 2] }, 'values: says the same as "choices"'],
    [{ type: 'choice' }, 'choices: is required but missing'],
    [{ type: 'ordinal', levels: [1, 1] }, 'levels: values must differ, got 1 twice'],
    [{ type: 'simplex', components: ['a', 'a'] }, 'components: values must differ, got "a" twice'],
    [{ type: 'float', low: 1, high: 10, log: true, step: 1 }, 'step: a step and a log scale exclude each other'],
    [{ type: 'int', low: 1, high: 10, step: 0.5 }, 'step: the step of an integer range must be an integer'],
    [{ type: 'float', low: 1, high: 10, step: 0 }, 'step: must be a number > 0, got 0'],
    [{ type: 'float', low: 1, high: 10, step: 20 }, 'step: must be ≤ 9, the width of the range'],
    [{ type: 'bool', when: { parameter: 'b', equals: 1 } }, 'a condition must refer to an earlier parameter, got "b"'],
    [{ type: 'bool', when: { parameter: 'b' } }, 'when: needs one of `in`, `equals` and a range'],
  ])('%j: %s', (words, message) => {
    expect(refusals({ parameters: [{ name: 'a', ...words }] as Json })).toContain(message);
  });

  it.each<[string, object, string]>([
    ['an unknown name', { parameter_constraints: ['x + z <= 1'] }, '"z" is no parameter of the space'],
    ['a category in a sum', { parameter_constraints: ['x + k <= 1'] }, '"k" is categorical; use `forbidden`'],
    ['an inactive value', { forbidden: [{ k: 'c' }] }, '"k" never takes the value "c"; its values: a, b'],
    ['a number outside', { forbidden: [{ n: 9 }] }, '"n" never takes the value 9; its values: [0, 4]'],
    ['a combination of nothing', { forbidden: [{}] }, 'forbidden[0]: names no parameter'],
    ['one impossible sum', { parameter_constraints: ['x + n <= -1'] }, 'no point of the space meets x + n <= -1'],
    [
      'sums that exclude each other, and no others',
      { parameter_constraints: ['x + y <= 2', 'x + y <= 1', 'x - y >= 0.5', 'y >= 0.4'] },
      'no point of the space meets all of x + y <= 1, x - y >= 0.5, y >= 0.4; ranges: x in [0, 1], y in [0, 1]',
    ],
    ['integers without a solution', { parameter_constraints: ['2*n == 3'] }, 'no point of the space meets 2*n == 3'],
    [
      'every category',
      { forbidden: [{ k: 'a' }, { k: 'b' }] },
      'no point of the space avoids 2 forbidden combinations',
    ],
    [
      'a sum and a combination',
      { parameter_constraints: ['n >= 3'], forbidden: [{ n: { low: 3 } }] },
      'no point of the space meets n >= 3 and avoids a forbidden combination',
    ],
  ])('refuses %s', (_, relations, message) => {
    const parameters = { x: [0, 1], y: [0, 1], n: [0, 4], k: { type: 'choice', values: ['a', 'b'] } };
    expect(refusals({ parameters, ...relations } as { parameters: Json })).toContain(message);
  });

  it('a name twice is refused, also in a map of a JSON line', () => {
    const twice = [1, 2].map(() => ({ name: 'a', type: 'bool' }));
    expect(refusals({ parameters: twice })).toContain('parameter "a" is named twice');
    const line = '{"op":"init","space":{"a":[0,4],"a":[0,5]},"objectives":[{"name":"f"}]}';
    const context = { sampler: createSampler('random'), version: '' };
    expect(refusal(() => answerLine(EMPTY_SESSION, line, context))).toBe('key "a" is given twice; remove one');
    const objectives = line.replace('"a":[0,5]', '"b":[0,5]').replace('[{"name":"f"}]', '[{"name":"f"},{"name":"f"}]');
    expect(refusal(() => answerLine(EMPTY_SESSION, objectives, context))).toContain('objective "f" is named twice');
  });

  it('steps are counted and printed without rounding errors, the last one inside the range', () => {
    const values = (low: number, high: number, step: number): number[] => {
      const parameter: Parameter = { name: 'a', kind: 'real', low, high, log: false, step };
      return Array.from({ length: levelCount(parameter) }, (_, k) => steppedValue(parameter as RealParameter, k));
    };
    expect(values(0, 0.5, 0.1)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(values(0.05, 1, 0.3)).toEqual([0.05, 0.35, 0.65, 0.95]);
    expect(values(-1, 1, 0.75)).toEqual([-1, -0.25, 0.5]);
    expect(values(1e-7, 4e-7, 1e-7)).toEqual([1e-7, 2e-7, 3e-7, 4e-7]);
  });
});
