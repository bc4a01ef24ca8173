import { describe, expect, test } from 'vitest';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import {
  baselineValues,
  holesOf,
  instantiate,
  normalizeWeights,
  type StrategyTemplate,
} from '../../../src/study/plan/template.ts';

const space: SearchSpace = {
  parameters: [
    { name: 'w', kind: 'simplex', components: ['a', 'b'] },
    { name: 'mode', kind: 'categorical', choices: ['on', 'off'] },
    { name: 'depth', kind: 'integer', low: 1, high: 9, log: false, activeWhen: { parameter: 'mode', in: ['on'] } },
  ],
};

const template: StrategyTemplate = {
  name: 't',
  description: '',
  mechanism: '',
  source: '',
  simulator: 's',
  config: {
    scorers: 'a:${w.a},b:${w[1]},c:${w.c}',
    mode: '${mode}',
    depth: '${depth}',
    size: '${size}',
    list: ['${w.b}', 7],
  },
  baseline: { w: { a: 3, b: 1, c: 0 }, mode: 'on', depth: 4, size: 16 },
  policies: [],
};

describe('instantiate', () => {
  test('a whole hole keeps its type, a hole inside text is printed, a weight the space leaves out is 0', () => {
    expect(instantiate(template, space, { w: [0.25, 0.75], mode: 'on', depth: 5 })).toEqual({
      scorers: 'a:0.25,b:0.75,c:0',
      mode: 'on',
      depth: 5,
      size: 16,
      list: [0.75, 7],
    });
  });

  test('the key of an inactive parameter is left out', () => {
    const config = instantiate(template, space, { w: [0.25, 0.75], mode: 'off' });
    expect(config).not.toHaveProperty('depth');
  });

  test('holes are listed once, in order', () => {
    expect(holesOf(template.config)).toEqual(['w', 'mode', 'depth', 'size']);
  });
});

describe('baselineValues', () => {
  test('weights stay as written and scale to sum 1 on demand', () => {
    const values = baselineValues(template, space);
    expect(values).toEqual({ w: [3, 1], mode: 'on', depth: 4 });
    expect(normalizeWeights(space, values)['w']).toEqual([0.75, 0.25]);
  });

  test('an inactive parameter has no baseline value', () => {
    expect(baselineValues({ ...template, baseline: { ...template.baseline, mode: 'off' } }, space)).not.toHaveProperty(
      'depth',
    );
  });
});
