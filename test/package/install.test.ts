import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, temporaryFolder } from '../support/command-line.ts';
import { installNode, withNode } from '../support/node-versions.ts';
import { MANIFEST, pack } from './packed.ts';

const folder = realpathSync(temporaryFolder());
let tarball = '';

beforeAll(() => {
  tarball = pack(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const POLICY = `import { InputError, readParameters } from 'paretune/policy';
/** @type {import('paretune/policy').ClusterPolicy} */
export default (settings) => {
  const { limit } = readParameters(settings, { limit: { min: 1, max: 1e6 } });
  if (!(new InputError('') instanceof Error)) throw new Error('no class');
  return { prefillThreshold: () => Math.round(limit) };
};
`;
const TYPED_POLICY = `import type { ClusterPolicy } from 'paretune/policy';
const create: ClusterPolicy = (settings) => ({ prefillThreshold: () => Math.round(Number(settings['limit'])) });
export default create;
`;
const strategy = (policy: string): string => `name: own
simulator: cluster
policies: [${policy}]
config:
  model: qwen/qwen3-14b
  hardware: H100
  tp: 1
  num_instances: 2
  policy: {limit: "\${limit}"}
baseline: {limit: 200}
parameters: [{name: limit, type: integer, low: 16, high: 512}]
`;
const STUDY = `name: own
strategy: own.yaml
workload:
  aggregate_rate: 20
  num_requests: 30
  clients:
    - id: one
      rate_fraction: 1
      arrival: {process: poisson}
      input_distribution: {type: constant, params: {value: 600}}
      output_distribution: {type: constant, params: {value: 20}}
objectives: [{metric: ttft_p99_ms}]
seeds: [1, 2]
budget: {trials: 4}
sampler: sobol
`;

/** The Node that runs the tests, and later ones of npm's `node` package. */
const NODES = [Number(process.versions.node.split('.')[0]), 22, 24].filter(
  (major, index, all) => all.indexOf(major) === index,
);

describe.each(NODES)('in an empty project, with Node %i', (major) => {
  const project = join(folder, `project-${major}`);
  let env = withNode(null);

  /** Runs a program of the project. */
  function run(command: string, args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: project,
      encoding: 'utf8',
      env: { ...env, NO_COLOR: '1' },
    });
    return { status, stdout, stderr };
  }

  const paretune = (args: readonly string[]) => run('npx', ['--no-install', 'paretune', ...args]);

  beforeAll(() => {
    if (major !== NODES[0]) env = withNode(installNode(major, folder));
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
    writeFileSync(join(project, 'policy.ts'), TYPED_POLICY);
    writeFileSync(join(project, 'study.yaml'), STUDY);
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], {
      cwd: project,
      stdio: 'pipe',
      env,
    });
  });

  test('it is that Node', () => {
    expect(run('node', ['--version']).stdout).toMatch(new RegExp(`^v${major}\\.`));
  });

  test('the package installs as one version of each library, without a build', () => {
    const installed = JSON.parse(readFileSync(join(project, 'node_modules/paretune/package.json'), 'utf8'));
    expect(installed.version).toBe(MANIFEST.version);
    expect(run('npm', ['ls', '@uwdata/flechette']).status).toBe(0);
    expect(readdirSync(join(project, 'node_modules')).includes('typescript')).toBe(false);
  });

  test('the library can be imported, and a schema be read', () => {
    const program = `import { readFileSync } from 'node:fs';
import { createOptimizer, readWorkload, runStudy, simulateCluster } from 'paretune';
const optimizer = createOptimizer({ space: [{ name: 'x', type: 'float', low: 0, high: 1 }] });
const { id, params } = optimizer.ask();
optimizer.tell(id, { values: [params.x] });
const workload = { ...readWorkload('studies/workloads/orthogonal-slo.yaml'), num_requests: 50 };
const { kind } = simulateCluster({ config: { model: 'qwen/qwen3-14b', hardware: 'H100', tp: 1 }, workload, seed: 1 });
const schema = JSON.parse(readFileSync(new URL(import.meta.resolve('paretune/schemas/study.json')), 'utf8'));
console.log(typeof optimizer.best().recommendation.params.x, kind, typeof runStudy, schema.type);
`;
    expect(run('node', ['--input-type=module', '-e', program])).toMatchObject({
      stdout: 'number measured function object\n',
      stderr: '',
    });
  });

  test.runIf(major === NODES[0])('types resolve as Node resolves, and hold', () => {
    writeFileSync(
      join(project, 'program.ts'),
      `import { createOptimizer, readWorkload, runStudy, simulateCluster, type StudyReport } from 'paretune';
import create from './policy.ts';
const { report } = await runStudy('quickstart', { workers: 1, onEntry: ({ kind }) => console.log(kind) });
const checked: StudyReport = report;
const result = simulateCluster({ config: { num_instances: 2 }, workload: readWorkload('w.yaml'), seed: 1, policies: [create] });
const ttft: number = result.kind === 'measured' ? result.metrics['ttft_p99_ms']! : Number.NaN;
// @ts-expect-error a bound is missing
createOptimizer({ space: [{ name: 'x', type: 'float', low: 0 }] });
// @ts-expect-error there is no such setting
simulateCluster({ config: { instances: 2 }, workload: {}, seed: 1 });
console.log(checked.front, ttft);
`,
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = '--ignoreConfig --noEmit --strict --target es2023 --module nodenext --allowImportingTsExtensions';
    expect(run('node', [tsc, ...options.split(' '), 'program.ts'])).toMatchObject({
      stdout: '',
      status: 0,
    });
  });

  test('quickstart runs to its report', () => {
    expect(paretune(['list']).stdout).toMatch(/^studies\n {2}\S+\n(.*\n)*? {4}quickstart {2}/);
    const { status, stderr } = paretune(['run', 'quickstart', '--quiet']);
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(join(project, 'runs/quickstart')).sort()).toEqual([
      'journal.jsonl',
      'plan.json',
      'report.html',
      'report.json',
      'timings.jsonl',
      'trials.csv',
    ]);
    expect(paretune(['list']).stdout).toContain('runs/quickstart');
  });

  test('a shipped policy module runs, and is recorded by its place in the package', () => {
    const shipped = STUDY.replace('name: own', 'name: shipped').replace(
      'strategy: own.yaml',
      `strategy: node_modules/paretune/strategies/class-chunked-prefill.yaml
space: node_modules/paretune/search-spaces/class-chunked-prefill.yaml`,
    );
    writeFileSync(join(project, 'shipped.yaml'), shipped);
    expect(paretune(['run', 'shipped.yaml', '--quiet', '--workers', '1'])).toMatchObject({ status: 0, stderr: '' });
    const plan = readFileSync(join(project, 'runs/shipped/plan.json'), 'utf8');
    expect(JSON.parse(plan).documents.policies[0].file).toBe('paretune:strategies/policies/class-prefill.ts');
    expect(plan).not.toContain(folder);
    expect(paretune(['verify', 'runs/shipped', '--quiet', '--workers', '1']).stdout).toMatch(/^identical/);
  });

  test('a study with a policy module of the project runs and verifies', () => {
    writeFileSync(join(project, 'policy.js'), POLICY);
    writeFileSync(join(project, 'own.yaml'), strategy('policy.js'));
    expect(paretune(['run', 'study.yaml', '--quiet', '--workers', '1'])).toMatchObject({ status: 0, stderr: '' });
    expect(paretune(['verify', 'runs/own', '--quiet', '--workers', '1']).stdout).toBe(
      'identical: 10 journal entries recomputed\n',
    );
    rmSync(join(project, 'policy.js'));
    expect(paretune(['pareto', 'runs/own']).status).toBe(0);
    expect(paretune(['resume', 'runs/own'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^paretune: policy\.js: the policy module is missing since [^\n]*\n$/),
    });
  });

  test('a policy module in TypeScript runs where Node strips types, and is refused in one line elsewhere', () => {
    writeFileSync(join(project, 'own.yaml'), strategy('policy.ts'));
    const { status, stdout, stderr } = paretune(['simulate', 'study.yaml', '--seed', '1', '--json']);
    const strips = run('node', ['-p', 'process.features.typescript ?? false']).stdout.trim() !== 'false';
    if (strips) {
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout).data.outcomes[0].outcome.kind).toBe('measured');
    } else {
      const version = run('node', ['-p', 'process.versions.node']).stdout.trim();
      expect(status).toBe(2);
      expect(stderr).toBe(
        `paretune: policy.ts: Node ${version} does not run TypeScript by itself; use Node 22.18 or later, or compile the module and name the .js file\n`,
      );
    }
  });
});
