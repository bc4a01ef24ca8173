import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import { figureValues } from '../../../src/study/diagnostic-figures.ts';
import { runExperiment } from '../../../src/study/experiment/experiment.ts';
import { parseExperimentFile } from '../../../src/study/experiment/experiment-file.ts';
import type { ExperimentPlan } from '../../../src/study/experiment/experiment-plan.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const CLAIM = { id: 'better', statement: 'is better', kind: 'improves', metric: 'm', arm: 'new', against: 'old' };
const FILE = {
  name: '01-demo',
  title: 'Demo',
  strategy: 's.yaml',
  seeds: SEEDS,
  arms: { old: {}, new: {} },
  claims: [CLAIM],
};

function planOf(document: Record<string, unknown>): ExperimentPlan {
  const spec = parseExperimentFile(document as unknown as Json);
  const metrics = [{ name: 'm', unit: '1', better: 'lower', description: '' }] as const;
  return { spec, hash: '', setups: [], armNames: Object.keys(spec.arms), metrics };
}

/** `old` is 10 on every seed, `new` 5, give or take the seed. */
const measure = async (arm: number, seed: number) =>
  ({ kind: 'measured', metrics: { m: (arm === 0 ? 10 : 5) + seed / 100 } }) as const;

describe('an experiment', () => {
  test('meets every arm with the same seeds', async () => {
    const { arms, verdict } = await runExperiment(planOf(FILE), measure);
    expect(arms.map(({ replicates }) => replicates.map(({ seed }) => seed))).toEqual([SEEDS, SEEDS]);
    expect(verdict).toBe('confirmed');
  });

  test('is decided by its main claims alone', async () => {
    const claims = [
      { ...CLAIM, role: 'main' },
      { ...CLAIM, id: 'wrong', role: 'robustness', kind: 'worsens' },
    ];
    const result = await runExperiment(planOf({ ...FILE, claims }), measure);
    expect(result.claims.map(({ verdict }) => verdict)).toEqual(['confirmed', 'refuted']);
    expect(result.verdict).toBe('confirmed');
    const both = claims.map((claim) => ({ ...claim, role: 'main' }));
    expect((await runExperiment(planOf({ ...FILE, claims: both }), measure)).verdict).toBe('partially');
  });

  test('corrects for all comparisons of the file', async () => {
    const claims = ['a', 'b', 'c'].map((id) => ({ ...CLAIM, id }));
    const result = await runExperiment(planOf({ ...FILE, claims }), measure);
    expect(result.claims.map(({ p, adjustedP }) => adjustedP! / p!)).toEqual([3, 3, 3]);
  });

  test('looks at each metric in the direction that users want', async () => {
    const plan = planOf({
      ...FILE,
      claims: [
        { ...CLAIM, id: 'low' },
        { ...CLAIM, id: 'high', metric: 'h' },
      ],
    });
    const high = { name: 'h', unit: '1', better: 'higher', description: '' } as const;
    const { claims } = await runExperiment({ ...plan, metrics: [...plan.metrics, high] }, async (arm, seed) => {
      const { m } = (await measure(arm, seed)).metrics;
      return { kind: 'measured', metrics: { m, h: m } };
    });
    expect(claims.map(({ verdict }) => verdict)).toEqual(['confirmed', 'refuted']);
  });

  test('corrects comparisons only, whatever stands between them', async () => {
    const bound = { id: 'bound', statement: '', kind: 'bound', metric: 'm', arm: 'new', at_most: 6 };
    const claims = [bound, { ...CLAIM, id: 'a' }, { ...bound, id: 'bound-2' }, { ...CLAIM, id: 'b' }];
    const result = await runExperiment(planOf({ ...FILE, claims }), measure);
    expect(result.claims.map(({ adjustedP }) => adjustedP)).toEqual([null, 2 * 2 ** -7, null, 2 * 2 ** -7]);
    expect(result.claims.map(({ verdict }) => verdict)).toEqual(new Array(4).fill('confirmed'));
  });

  test('is undecided where its claims are, and partly confirmed where some are', async () => {
    const open = { id: 'open', statement: '', kind: 'bound', metric: 'm', arm: 'new', at_most: 5.04 };
    const wrong = { ...open, id: 'wrong', at_most: 1 };
    const overall = async (claims: readonly object[]) =>
      (await runExperiment(planOf({ ...FILE, claims }), measure)).verdict;
    expect(await overall([open])).toBe('undecided');
    expect(await overall([open, wrong])).toBe('undecided');
    expect(await overall([wrong])).toBe('refuted');
    expect(await overall([CLAIM, open])).toBe('partially');
  });

  test('a part that failed refutes the sum it belongs to, and the claim against it', async () => {
    const arms = { old: {}, new: {}, part: {} };
    const sum = {
      id: 'sum',
      statement: '',
      kind: 'super-additive',
      metric: 'm',
      arm: 'new',
      against: 'old',
      parts: ['part', 'new'],
    };
    const claims = [sum, { ...CLAIM, id: 'against', against: 'part' }, CLAIM];
    const result = await runExperiment(planOf({ ...FILE, arms, claims }), async (arm, seed) =>
      arm === 2 && seed > 2 ? { kind: 'failed', message: 'crashed' } : measure(arm, seed),
    );
    expect(result.claims.map(({ sentence }) => sentence.slice(0, 55))).toEqual([
      'refuted: arm "part" could not be measured (crashed)',
      'refuted: arm "part" could not be measured (crashed)',
      expect.stringMatching(/^confirmed/),
    ]);
    expect(result.arms[2]).toMatchObject({ failure: 'crashed' });
    expect(result.arms[2]!.replicates.map(({ seed }) => seed)).toEqual([1, 2]);
  });

  test('an arm that cannot be measured refutes its claims and says why', async () => {
    const result = await runExperiment(planOf(FILE), async (arm, seed) =>
      arm === 1 && seed === 3 ? { kind: 'infeasible', reason: 'no KV memory left' } : measure(arm, seed),
    );
    expect(result.claims[0]).toMatchObject({ verdict: 'refuted', p: null });
    expect(result.claims[0]!.sentence).toBe('refuted: arm "new" could not be measured (no KV memory left)');
  });
});

describe('too few seeds for the number of comparisons', () => {
  test.each([
    [4, 1],
    [5, 1],
    [7, 4],
  ])('%i seeds and %i comparisons are refused', (seeds, comparisons) => {
    const claims = Array.from({ length: comparisons }, (_, index) => ({ ...CLAIM, id: `c${index}` }));
    const file = { ...FILE, seeds: SEEDS.slice(0, seeds), claims };
    expect(() => parseExperimentFile(file as unknown as Json)).toThrow(/seeds cannot confirm anything/);
  });

  test('the number that is suggested is enough, and one less is not', () => {
    for (const comparisons of [1, 3, 7, 20]) {
      const claims = Array.from({ length: comparisons }, (_, index) => ({ ...CLAIM, id: `c${index}` }));
      const attempt = (n: number): string | undefined => {
        try {
          parseExperimentFile({ ...FILE, seeds: Array.from({ length: n }, (_, k) => k), claims } as unknown as Json);
          return undefined;
        } catch (error) {
          return (error as InputError).suggestion;
        }
      };
      const enough = Number(/at least (\d+)/.exec(attempt(2)!)![1]);
      expect(attempt(enough)).toBeUndefined();
      expect(attempt(enough - 1)).toBe(`give at least ${enough} seeds`);
    }
  });

  test('claims without a test need two seeds only', () => {
    const claims = [{ id: 'b', statement: '', kind: 'bound', metric: 'm', arm: 'new', at_most: 1 }];
    expect(parseExperimentFile({ ...FILE, seeds: [1, 2], claims } as unknown as Json).seeds).toEqual([1, 2]);
  });
});

describe('a figure from diagnostics', () => {
  const diagnostics = { routing: { targets: [30, 50, 20], regret: 1.5 }, instances: [{ n: 1 }, { n: 3 }] };
  const figure = { name: 'f', better: 'lower', unit: '1', description: '' } as const;
  test.each([
    ['routing.targets', 'max-share', 0.5],
    ['routing.targets', 'first-share', 0.3],
    ['routing.targets', 'sum', 100],
    ['routing.regret', 'value', 1.5],
    ['instances.n', 'mean', 2],
    ['instances.n', 'max', 3],
  ] as const)('%s %s', (path, statistic, expected) => {
    expect(figureValues([{ ...figure, path, statistic }], diagnostics)).toEqual({ f: expected });
  });

  test('that is not there is an error, not a zero', () => {
    const missing = [{ ...figure, path: 'routing.regrets', statistic: 'value' } as const];
    expect(() => figureValues(missing, diagnostics)).toThrow('no number at "routing.regrets"');
    expect(() => figureValues(missing, undefined)).toThrow(RangeError);
  });

  test('shares of nothing are 0', () => {
    const idle = [{ ...figure, path: 'x', statistic: 'max-share' } as const];
    expect(figureValues(idle, { x: [0, 0] })).toEqual({ f: 0 });
  });
});

test('parse errors are InputErrors with a path', () => {
  const attempt = (): unknown =>
    parseExperimentFile({ ...FILE, claims: [{ ...CLAIM, arm: 'nwe' }] } as unknown as Json);
  expect(attempt).toThrow(InputError);
  expect(attempt).toThrow('unknown arm "nwe"');
});
