import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textHash } from '../../../src/base/json.ts';
import { createBackend } from '../../../src/study/io/backends.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { readPlanFile } from '../../../src/study/io/plan-file.ts';
import { changedPolicies } from '../../../src/study/io/recorded-policies.ts';
import { createRunFolder } from '../../../src/study/io/run-folder.ts';
import { planOf, startedEntry } from '../../../src/study/io/study-session.ts';
import { resolvePlan } from '../../../src/study/plan/study-plan.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
const project = join(folder, 'project');
const MODULE = `export default () => ({ scorers: { mine: { score: (_request, instances) => instances.map(({ inFlight }) => 1 / (1 + inFlight)) } } });\n`;

const NAMES = {
  inside: 'policies/mine.mjs',
  above: '../shared/mine.mjs',
  absolute: join(folder, 'shared', 'mine.mjs'),
};

beforeAll(() => {
  for (const name of ['project/policies', 'shared']) mkdirSync(join(folder, name), { recursive: true });
  for (const file of ['project/policies/mine.mjs', 'shared/mine.mjs']) writeFileSync(join(folder, file), MODULE);
  for (const [key, policy] of Object.entries(NAMES)) {
    writeFileSync(
      join(project, `strategy-${key}.yaml`),
      `name: s
simulator: cluster
policies: [${policy}]
config: {model: qwen/qwen3-14b, num_instances: 2, routing_policy: weighted, routing_scorers: {mine: 1, queue-depth: "\${q}"}}
baseline: {q: 1}
parameters: [{name: q, type: real, low: 0, high: 2}]
`,
    );
    writeFileSync(
      join(project, `${key}.yaml`),
      `name: t
strategy: strategy-${key}.yaml
workload: {version: "2", aggregate_rate: 10, num_requests: 10, clients: [{id: a, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 5}}}]}
objectives: [{metric: ttft_p99_ms}]
seeds: [1]
budget: {trials: 1}
sampler: sobol
`,
    );
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('policy modules', () => {
  it.each(Object.keys(NAMES) as (keyof typeof NAMES)[])(
    'named %s the project are found from a folder that is none of theirs',
    async (key) => {
      const sources = loadStudySources(join(project, `${key}.yaml`));
      expect(sources.policies).toMatchObject([{ text: MODULE, imports: [] }]);
      expect(sources.policies[0]!.outside).toBe(key === 'inside' ? undefined : true);
    },
  );

  it('load in other working folders, and those outside of the project with one line of notice', async () => {
    const { code, stderr } = await paretune(['check', join(project, 'above.yaml')], '/');
    expect(code, stderr).toBe(0);
    const name = relative('/', join(folder, 'shared', 'mine.mjs'));
    expect(stderr).toBe(`paretune: policy module ${name} lies outside of the project, SHA-256 ${textHash(MODULE)}\n`);
  }, 120_000);

  it('of a recorded run are found after project and run have moved together, unless they have changed', async () => {
    const run = join(project, 'runs', 'a');
    const sources = loadStudySources(join(project, 'inside.yaml'));
    const resolved = await resolvePlan(sources, createBackend, 'not-loaded');
    createRunFolder(run, sources, resolved, startedEntry(resolved));
    const plan = JSON.parse(readFileSync(join(run, 'plan.json'), 'utf8')) as {
      documents: { policies: { sha256: string; from_run: string }[] };
    };
    expect(plan.documents.policies[0]).toMatchObject({ sha256: textHash(MODULE), from_run: '../../policies/mine.mjs' });
    const moved = join(folder, 'moved');
    renameSync(project, moved);
    const restored = readPlanFile(join(moved, 'runs', 'a'));
    expect(changedPolicies(restored)).toEqual([]);
    await expect(planOf(restored)).rejects.toThrow('was found only by its place beside the run');
    expect((await planOf(restored, 'any')).policies[0]).toContain('moved/policies/mine.mjs');
    writeFileSync(join(moved, 'policies', 'mine.mjs'), `${MODULE}// changed\n`);
    expect(changedPolicies(restored)).toHaveLength(1);
  }, 120_000);
});
