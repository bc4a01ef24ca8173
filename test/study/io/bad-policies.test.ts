import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeProblem, InputError } from '../../../src/base/errors.ts';
import type { EvaluationSetup } from '../../../src/study/evaluation.ts';
import type { Evaluator } from '../../../src/study/evaluator.ts';
import { policyName } from '../../../src/study/io/load-policy.ts';
import { openSimulationPool } from '../../../src/study/io/worker-pool.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();

/** What each module's scheduler does when it is asked for a key, and what is said of it. */
const KEYS: Readonly<Record<string, readonly [string, RegExp]>> = {
  nan: ['return NaN', /scheduler\.key must return a finite number, got NaN for request "/],
  infinite: ['return 1 / 0', /scheduler\.key must return a finite number, got Infinity for request "/],
  text: ['return "7"', /scheduler\.key must return a finite number, got "7" for request "/],
  nothing: ['', /scheduler\.key must return a finite number, got undefined for request "/],
  later: ['return Promise.resolve(1)', /scheduler\.key must return a finite number, got a promise for request "/],
  throwing: ['throw new TypeError("no\\nway")', /scheduler\.key failed for request "[^"]*": TypeError: no$/],
  exiting: ['process.exit(0)', /scheduler\.key failed for request .*a policy must not call process\.exit$/],
  chance: ['return Math.random()', /scheduler\.key failed for request .*a policy must not call Math\.random$/],
  clock: ['return Date.now() % 7', /scheduler\.key failed for request .*a policy must not call Date\.now$/],
  date: ['return Number(new Date()) % 7', /scheduler\.key failed for request .*a policy must not call new Date\(\)$/],
  leaking: ['kept.push(new Float64Array(2e5).fill(1)); return 0', /more than 96 MiB of memory in use$/],
  grasping: [
    'return "x".repeat(2 ** 29 - 30).split("").length',
    /^needed more than 96 MiB \(raise `limits\.memory_mib`\)$/,
  ],
  looping: ['for (;;);', /^took longer than 4 s \(raise `limits\.evaluation_s`\)$/],
};
const OTHERS: Readonly<Record<string, string>> = {
  state:
    'let kept = 7; export default () => ({ scheduler: { fixed: true, key: () => (kept = (kept * 48271) % 2147483647) } });',
  sound: 'export default () => ({ scheduler: { key: ({ inputTokens }) => inputTokens } });',
};
const NAMES = [...Object.keys(KEYS), ...Object.keys(OTHERS)];

function setupOf(name: string): EvaluationSetup {
  return {
    simulator: 'cluster',
    template: {
      name,
      description: '',
      mechanism: '',
      source: '',
      simulator: 'cluster',
      config: { model: 'qwen/qwen3-14b', num_instances: 1, max_num_seqs: 4 },
      baseline: {},
      policies: [],
    },
    space: { parameters: [] },
    workload: {
      version: '2',
      aggregate_rate: 100,
      num_requests: 200,
      clients: [
        {
          id: 'a',
          rate_fraction: 1,
          arrival: { process: 'poisson' },
          input_distribution: { type: 'constant', params: { value: 700 } },
          output_distribution: { type: 'constant', params: { value: 20 } },
        },
      ],
    },
    policies: [policyName(join(folder, `${name}.mjs`))],
    limits: { seconds: name === 'looping' ? 4 : 60, memoryMib: 96 },
  };
}

/** Limits of time are those of a pool. */
let pools: readonly Evaluator[];
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const [name, [body]] of Object.entries(KEYS)) {
    const module = `const kept = []; export default () => ({ scheduler: { key: () => { ${body} } } });`;
    writeFileSync(join(folder, `${name}.mjs`), module);
  }
  for (const [name, module] of Object.entries(OTHERS)) writeFileSync(join(folder, `${name}.mjs`), module);
  pools = [openSimulationPool(NAMES.map(setupOf), 1), openSimulationPool([setupOf('looping')], 1)];
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  rmSync(folder, { recursive: true });
});

const evaluated = async (name: string) => {
  const [setup, pool] = name === 'looping' ? [0, pools[1]!] : [NAMES.indexOf(name), pools[0]!];
  return await pool.evaluate({ setup, values: {}, seed: 1 });
};

describe('a policy module', () => {
  it.each(Object.entries(KEYS))(
    'that is %s fails its evaluation by name, and the next one goes on',
    async (name, [, reason]) => {
      const outcome = await evaluated(name);
      expect(outcome).toEqual({ kind: 'failed', message: expect.stringMatching(reason) });
    },
    180_000,
  );

  it('that keeps state between runs is told by its name', async () => {
    const refused: unknown = await evaluated('state').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InputError);
    expect(describeProblem(refused as InputError)).toMatch(
      /state\.mjs: one vector and seed gave \w+ [\d.]+, then [\d.]+; a policy must not keep state between runs/,
    );
  }, 180_000);

  it('without fault is measured after all of these', async () => {
    expect(await evaluated('sound')).toMatchObject({ kind: 'measured' });
  }, 180_000);
});
