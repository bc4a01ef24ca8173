import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeProblem, InputError } from '../../../src/base/errors.ts';
import { createBackend } from '../../../src/study/io/backends.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { readPlanFile } from '../../../src/study/io/plan-file.ts';
import { changedPolicies } from '../../../src/study/io/recorded-policies.ts';
import { createRunFolder } from '../../../src/study/io/run-folder.ts';
import { planOf, startedEntry } from '../../../src/study/io/study-session.ts';
import { resolvePlan } from '../../../src/study/plan/study-plan.ts';
import { commandHere } from '../../support/command-here.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const MARK = at('executed');
const MARKS = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(MARK)}, 'x');\n`;
const HOOKS = `export default () => ({ scheduler: { key: ({ arrivalUs }) => arrivalUs } });\n`;

/** A study whose one policy module is `policy`, as seen from the folder of the study. */
function study(home: string, policy: string): string {
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, 'strategy.yaml'),
    `name: s
simulator: cluster
policies: [${policy}]
config: {model: qwen/qwen3-14b, num_instances: 1, max_num_seqs: "\${n}"}
baseline: {n: 8}
parameters: [{name: n, type: integer, low: 1, high: 64}]
`,
  );
  writeFileSync(
    join(home, 'study.yaml'),
    `name: t
strategy: strategy.yaml
workload: {version: "2", aggregate_rate: 10, num_requests: 10, clients: [{id: a, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 5}}}]}
objectives: [{metric: ttft_p99_ms}]
seeds: [1]
budget: {trials: 1}
sampler: sobol
`,
  );
  return join(home, 'study.yaml');
}

async function record(file: string, run: string): Promise<void> {
  const sources = loadStudySources(file);
  const plan = await resolvePlan(sources, createBackend, 'not-loaded');
  createRunFolder(run, sources, plan, startedEntry(plan));
}

async function refusal(body: Promise<unknown>): Promise<string> {
  try {
    await body;
  } catch (error) {
    if (error instanceof InputError) return describeProblem(error);
    throw error;
  }
  return 'nothing refused';
}

/** A run with a module of its own, which says when it is executed. */
async function hostileRun(): Promise<string> {
  const run = join(at('evil'), 'run');
  const file = study(at('evil', 'run', 'inside'), '../mine.mjs');
  writeFileSync(join(run, 'mine.mjs'), `${MARKS}${HOOKS}`);
  await record(file, run);
  return run;
}

beforeAll(async () => {
  mkdirSync(at('home', 'parts'), { recursive: true });
  writeFileSync(at('home', 'parts', 'order.mjs'), `${MARKS}export { default } from './hooks.mjs';\n`);
  writeFileSync(at('home', 'parts', 'hooks.mjs'), HOOKS);
  await record(study(at('home'), 'parts/order.mjs'), at('home', 'runs', 'a'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a policy module', () => {
  it('is recorded with what it imports; one changed part is told by its name', () => {
    const run = at('home', 'runs', 'a');
    expect(readPlanFile(run).policies[0]!.imports).toEqual([
      { file: 'hooks.mjs', text: HOOKS, sha256: expect.any(String) },
    ]);
    expect(changedPolicies(readPlanFile(run))).toEqual([]);
    writeFileSync(at('home', 'parts', 'hooks.mjs'), `${HOOKS}//`);
    const [changed, ...rest] = changedPolicies(readPlanFile(run));
    expect([changed!.file.endsWith('parts/hooks.mjs'), changed!.fate, rest]).toEqual([true, 'has changed', []]);
    writeFileSync(at('home', 'parts', 'hooks.mjs'), HOOKS);
  });

  it.each(['report', 'pareto', 'sensitivity', 'verify', 'resume', 'export'])(
    'that a run folder brings along is not executed by %s',
    async (command) => {
      const run = await hostileRun();
      const point = command === 'export' ? ['--as', 'json', '--point', 'baseline'] : [];
      const { stderr } = await commandHere(command, run, ...point);
      expect(stderr).not.toContain('nknown argument');
      expect([existsSync(MARK), stderr.includes('    at ')]).toEqual([false, false]);
      rmSync(at('evil'), { recursive: true });
    },
  );

  it('in the folder of a run, by its own place, by a link or by an import, is refused before it is loaded', async () => {
    cpSync(at('home', 'runs', 'a'), at('run'), { recursive: true });
    writeFileSync(at('run', 'mine.mjs'), `${MARKS}${HOOKS}`);
    symlinkSync(at('run', 'mine.mjs'), at('home', 'link.mjs'));
    writeFileSync(at('home', 'through.mjs'), `export { default } from '../run/mine.mjs';\n`);
    for (const policy of ['../run/mine.mjs', 'link.mjs', 'through.mjs']) {
      const sources = loadStudySources(study(at('home'), policy));
      expect(await refusal(planOf(sources))).toMatch(/: lies in the folder of a run, from which nothing is executed/);
      expect(existsSync(MARK)).toBe(false);
    }
    const sources = loadStudySources(study(at('home'), 'link.mjs'));
    expect(await refusal(planOf(sources, 'any'))).toBe('nothing refused');
    expect(existsSync(MARK)).toBe(true);
    rmSync(MARK);
  }, 120_000);

  it('in the folder of a run is run by experiment, capacity and check only where one trusts it', async () => {
    const home = at('home', 'again');
    const run = await hostileRun();
    const file = study(home, '../../evil/run/mine.mjs');
    const experiment = join(home, 'experiment.yaml');
    writeFileSync(
      experiment,
      readFileSync(file, 'utf8')
        .replace('name: t', 'name: t\ntitle: t')
        .replace(
          /^objectives[\s\S]*/m,
          'seeds: [1, 2, 3, 4, 5, 6]\narms: {a: {config: {max_num_seqs: 4}}, b: {config: {max_num_seqs: 8}}}\n',
        )
        .concat('claims: [{id: c, kind: improves, metric: ttft_p99_ms, arm: a, against: b, statement: s}]\n'),
    );
    const rates = ['--sustained', '--from', '5', '--to', '10', '--grid', '5'];
    for (const command of [
      ['check', experiment],
      ['experiment', experiment],
      ['capacity', experiment, ...rates],
      ['capacity', file, ...rates],
    ]) {
      const { code, stderr } = await commandHere(...command);
      expect([code, existsSync(MARK)]).toEqual([2, false]);
      expect(stderr).toMatch(/mine\.mjs: lies in the folder of a run, .* take --trust-policies/);
    }
    const trusted = [
      await commandHere('check', experiment, '--trust-policies'),
      await paretune(['capacity', file, '--seed', '1', ...rates, '--trust-policies']),
    ];
    for (const { code, stderr } of trusted) {
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/policy module \S*mine\.mjs lies outside of the project, SHA-256 [0-9a-f]{64}/);
    }
    expect(existsSync(MARK)).toBe(true);
    rmSync(MARK);
    rmSync(run, { recursive: true });
  }, 120_000);

  it('found only beside the run is not loaded', async () => {
    cpSync(at('home'), at('sent'), { recursive: true });
    rmSync(at('home'), { recursive: true });
    expect(await refusal(planOf(readPlanFile(at('sent', 'runs', 'a'))))).toMatch(
      /found only by its place beside the run/,
    );
    expect(existsSync(MARK)).toBe(false);
  });
});
