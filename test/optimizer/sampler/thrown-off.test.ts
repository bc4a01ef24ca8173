import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';

type Outcome = Omit<Observation, 'values'>;

/** Evaluations of the sampler on a function, asked for so many at a time. */
function search(
  names: string,
  outcome: (values: Readonly<Record<string, number>>) => Outcome,
  { budget, batch = 1 }: { readonly budget: number; readonly batch?: number },
): Observation[] {
  const space: SearchSpace = {
    parameters: [...names].map((name) => ({ name, kind: 'real', low: 0, high: 1, log: false })),
  };
  const sampler = createSampler('gp');
  const told: Observation[] = [];
  const { losses, slacks } = outcome(Object.fromEntries([...names].map((name) => [name, 0.5])));
  const shape = { space, objectiveCount: losses!.length, constraintCount: slacks.length, pending: [], budget };
  while (told.length < budget)
    for (const values of sampler({ ...shape, observations: told }, { count: batch, seed: 1 }))
      told.push({ values, ...outcome(values as Readonly<Record<string, number>>) });
  return told;
}

function exact(losses: readonly number[], slacks: readonly number[] = []): Outcome {
  return { losses, lossVariances: losses.map(() => null), slacks, slackVariances: slacks.map(() => null) };
}

describe('the search', () => {
  it('leaves a plateau for the hole in it', () => {
    const told = search(
      'abc',
      ({ a, b, c }) =>
        exact([a! > 0.5 ? 1 : 1 - Math.exp(-20 * ((a! - 0.2) ** 2 + (b! - 0.3) ** 2 + (c! - 0.6) ** 2))]),
      { budget: 30 },
    );
    const late = told.slice(15).map(({ losses }) => losses![0]!);
    expect(Math.min(...late)).toBeLessThan(0.01);
    expect(late.filter((loss) => loss === 1).length).toBeLessThan(8);
  });

  it('meets a corner of constraints that follow powers, alone and in batches', () => {
    const beam = ({ a, b }: Readonly<Record<string, number>>): Outcome => {
      const [width, height] = [0.05 + a!, 0.05 + b!];
      return exact([width + 2 * height], [1 / (width * height ** 2) - 40, 1 / (width ** 3 * height) - 100]);
    };
    // Both hold with equality: w h² = 1/40 and w³ h = 1/100.
    const width = 0.004 ** 0.2;
    const least = width + 0.02 / width ** 3;
    for (const batch of [1, 4]) {
      const feasible = search('ab', beam, { budget: 20, batch }).filter(({ slacks }) =>
        slacks.every((slack) => slack <= 0),
      );
      const best = Math.min(...feasible.map(({ losses }) => losses![0]!));
      expect(best / least - 1).toBeGreaterThan(-1e-9);
      expect(best / least - 1).toBeLessThan(0.01);
    }
  });

  it.each([3000, 30_000, 1e6])('finds the best point beside an overloaded queue, at a factor of %d', (factor) => {
    const overloaded = ({ a, b, c }: Readonly<Record<string, number>>): Outcome => {
      const load = 1 / (0.4 + 1.2 * a!);
      const overload = factor * Math.max(0, load - 1);
      return exact([40 + overload + 20 * (a! - 0.8) ** 2 + 100 * ((b! - 0.6) ** 2 + (c! - 0.6) ** 2)]);
    };
    const losses = search('abc', overloaded, { budget: 24 }).map((told) => told.losses![0]!);
    expect(Math.min(...losses)).toBeLessThan(40.01);
  });

  it('does not end in a corner where two losses are noisy and a parameter matters little', () => {
    const rng = stream(1, 'thrown-off');
    const told = search(
      'abc',
      ({ a, b, c }) => {
        const bowl = 0.3 * (c! - 0.6) ** 2;
        const losses = [a! * a! + 0.5 * (b! - 0.3) ** 2 + bowl, (a! - 1) ** 2 + 0.5 * (b! - 0.7) ** 2 + bowl];
        return {
          ...exact(losses.map((loss) => loss + 0.12 * rng.normal())),
          lossVariances: losses.map(() => 0.12 ** 2),
        };
      },
      { budget: 28 },
    );
    const late = told.slice(14).map(({ values }) => Number(values['c']));
    expect(late.filter((c) => c > 0.01 && c < 0.99).length).toBeGreaterThan(9);
  });

  it('comes nearer to bounds that no point meets yet, instead of trying the corners', () => {
    const share = (x: number, center: number): number => 1 / (1 + Math.exp(25 * (Math.abs(x - center) - 0.2)));
    const told = search(
      'abc',
      ({ a, b, c }) => exact([2 * a! + b!], [0.9 - share(a!, 0.7) * share(b!, 0.3) * share(c!, 0.6)]),
      {
        budget: 30,
      },
    );
    const corners = told.filter(({ values }) => Object.values(values).every((x) => x === 0 || x === 1));
    expect(corners.length).toBeLessThan(4);
    expect(told.some(({ slacks }) => slacks[0]! <= 0)).toBe(true);
  });
});
