import { describe, expect, it } from 'vitest';
import { canonicalText, textHash } from '../../../src/base/json.ts';
import { stream } from '../../../src/base/random.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';

/** Hash of the proposals of a search, asked for so many at a time, after so many designed points. */
function proposals(
  space: SearchSpace,
  outcome: (values: ParameterValues) => Partial<Observation>,
  { budget, batch = 1, designed = 0 }: { readonly budget: number; readonly batch?: number; readonly designed?: number },
): string {
  const sampler = createSampler('gp');
  const told: Observation[] = [];
  const observe = (values: ParameterValues): Observation => {
    const { losses = [], lossVariances = losses!.map(() => null), slacks = [] } = outcome(values);
    return { values, losses, lossVariances, slacks, slackVariances: slacks.map(() => null) };
  };
  const shape = observe(sampler({ ...EMPTY, space }, { count: 1, seed: 3 })[0]!);
  const counts = { objectiveCount: shape.losses!.length, constraintCount: shape.slacks.length };
  const design = createSampler('sobol')({ ...EMPTY, ...counts, space }, { count: designed, seed: 3 });
  told.push(...design.map(observe));
  while (told.length < budget)
    for (const values of sampler({ ...EMPTY, ...counts, space, observations: told, budget }, { count: batch, seed: 3 }))
      told.push(observe(values));
  return textHash(canonicalText(told.map(({ values }) => values))).slice(0, 16);
}

const EMPTY = { objectiveCount: 1, constraintCount: 0, observations: [], pending: [], budget: null };

function cube(names: string): SearchSpace {
  return { parameters: [...names].map((name) => ({ name, kind: 'real', low: 0, high: 1, log: false })) };
}

const at = (values: ParameterValues, name: string): number => Number(values[name]);

/** Proposals of recorded studies are verified to the bit: what makes them faster may not change them. */
describe('proposals stay the same to the bit', () => {
  it('on a smooth loss', () => {
    const loss = (v: ParameterValues): number => {
      const [a, b, c] = [at(v, 'a') - 0.3, at(v, 'b') - 0.6, at(v, 'c') - 0.45];
      return 20 + a * a + 3 * b * b * b * b + Math.sin(5 * a * b) + c * c * (1 + a);
    };
    expect(proposals(cube('abc'), (v) => ({ losses: [loss(v)] }), { budget: 24 })).toBe('a086a57be803dab7');
  });

  it('on numbers, levels, categories and weights, in batches', () => {
    const space: SearchSpace = {
      parameters: [
        { name: 'x', kind: 'real', low: 1e-3, high: 10, log: true },
        { name: 'n', kind: 'integer', low: 1, high: 40, log: false },
        { name: 'policy', kind: 'categorical', choices: ['a', 'b', 'c'] },
        { name: 'aging', kind: 'real', low: 0, high: 1, log: false, activeWhen: { parameter: 'policy', in: ['b'] } },
        { name: 'w', kind: 'simplex', components: ['p', 'q', 'r'] },
      ],
    };
    const loss = (v: ParameterValues): number => {
      const [first] = v['w'] as readonly number[];
      const aging = v['policy'] === 'b' ? (at(v, 'aging') - 0.7) ** 2 : 0.3;
      return (Math.log(at(v, 'x')) - 0.2) ** 2 / 9 + (at(v, 'n') / 40 - 0.4) ** 2 + aging + (first! - 0.5) ** 2;
    };
    expect(proposals(space, (v) => ({ losses: [loss(v)] }), { budget: 16, batch: 2 })).toBe('6c4c30ede8c0952f');
  });

  it('on two losses under a constraint', () => {
    const outcome = (v: ParameterValues): Partial<Observation> => {
      const [a, b] = [at(v, 'a'), at(v, 'b')];
      return { losses: [a + 0.3 * b * b, (1 - a) ** 2 + 0.5 * Math.abs(b - 0.4)], slacks: [0.3 - a * b - 0.2 * b] };
    };
    expect(proposals(cube('ab'), outcome, { budget: 14 })).toBe('fd307524911180a4');
  });

  it('on a loss with noise of known variance', () => {
    const rng = stream(1, 'golden');
    const outcome = (v: ParameterValues): Partial<Observation> => ({
      losses: [(at(v, 'a') - 0.3) ** 2 + (at(v, 'b') - 0.8) ** 2 + 0.05 * rng.normal()],
      lossVariances: [0.05 ** 2],
    });
    expect(proposals(cube('ab'), outcome, { budget: 14 })).toBe('34974a9eea2c1b92');
  });

  it('after many points', () => {
    const space = cube('abcd');
    const outcome = (v: ParameterValues): Partial<Observation> => ({
      losses: [Math.abs(at(v, 'a') - 0.3) + (at(v, 'b') - 0.8) ** 2 + Math.sin(6 * at(v, 'c')) * at(v, 'd')],
    });
    expect(proposals(space, outcome, { budget: 68, designed: 64 })).toBe('a4734027a9b10523');
  });
});
