import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/simulators/registry.ts';
import { loadPolicies } from '../../src/study/io/load-policy.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import { baselineValues, instantiate } from '../../src/study/plan/template.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const folder = mkdtempSync(join(ROOT, 'test', '.walkthrough-'));
const snippets = new Map(
  [...readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(/```\w+ file=(\S+)\n(.*?)```/gs)].map(
    ([, file, text]) => [file!, text!] as const,
  ),
);
for (const [file, text] of snippets) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text.replaceAll("'../../src/", "'../../../src/"));
}

afterAll(() => rmSync(folder, { recursive: true }));

describe('the walk-through in CONTRIBUTING.md', () => {
  it('consists of two files and a test', () => {
    expect([...snippets.keys()]).toEqual([
      'policies/shortest-prompts.ts',
      'shortest-prompts.yaml',
      'shortest-prompts.test.ts',
    ]);
  });

  it('gives a strategy that runs', async () => {
    const { template, space } = parseStrategyFile(readYamlFile(join(folder, 'shortest-prompts.yaml')).value);
    const policies = await loadPolicies(template.policies.map((file) => join(folder, file)));
    const simulator = await createSimulator('cluster');
    const workload = { ...(readYamlFile('studies/workloads/orthogonal-slo.yaml').value as object), num_requests: 200 };
    const config = instantiate(template, space!, baselineValues(template, space!));
    const result = simulator.prepare({ config, workload, policies }).run({ seed: 1, fidelity: 1 });
    expect(result.kind === 'measured' ? result.metrics['completion_fraction'] : result).toBe(1);
  });

  it('has types that hold and a test that passes', () => {
    const files = [...snippets.keys()].filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
    const options =
      'ignoreConfig,target es2023,module nodenext,strict,noEmit,skipLibCheck,allowImportingTsExtensions,types node';
    const args = options.split(',').flatMap((option) => `--${option}`.split(' '));
    const types = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args, ...files], {
      encoding: 'utf8',
    });
    expect(types.stdout).toBe('');
    const config = join(folder, 'vitest.config.mjs');
    writeFileSync(config, `export default { test: { include: ['${folder}/*.test.ts'] } };\n`);
    const tests = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', ROOT, '--config', config],
      { encoding: 'utf8' },
    );
    expect(tests.stdout).toContain('1 passed');
  }, 120_000);
});
