import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { runStudy } from '../../../src/library/run-study.ts';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const folder = temporaryFolder();
const run = join(folder, 'run');
const TARGETS = ['epp', 'vllm', 'helm-values', 'blis'] as const;

/** The quickstart with fewer requests, trials and seeds; its strategy, space and targets are as they are. */
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const root = process.cwd();
  const text = readFileSync(`${root}/studies/quickstart.yaml`, 'utf8')
    .replace(/(strategy|space): \.\.\//g, `$1: ${root}/`)
    .replace('workload: ', `workload: ${root}/studies/`)
    .replace('num_requests: 4000', 'num_requests: 150')
    .replace(/^seeds: .*/m, 'seeds: [42]')
    .replace(/^validation: .*\n/m, '')
    .replace('trials: 30', 'trials: 5');
  writeFileSync(join(folder, 'study.yaml'), text);
  await runStudy(join(folder, 'study.yaml'), { out: run, workers: 1 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the knee of the quickstart', () => {
  it('is exported to epp, vllm, helm-values and blis with nothing left out', async () => {
    const out = join(folder, 'deploy');
    const targets = TARGETS.flatMap((target) => ['--as', target]);
    const { code, stderr } = await commandHere('export', run, '--point', 'knee', ...targets, '--out', out);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/leaves out|cannot express/);
    for (const file of ['epp-config.yaml', 'vllm.sh', 'values.yaml', 'blis.sh']) {
      expect(readFileSync(join(out, file), 'utf8')).not.toContain('left out');
    }
  });

  it('is read back from the EPP file and the vLLM line as the strategy that was simulated', async () => {
    const point = await commandHere('export', run, '--point', 'knee', '--as', 'json');
    const { config } = JSON.parse(point.stdout) as { config: JsonObject & { routing_scorers: { weight: number }[] } };
    const deploy = (name: string): string => join(folder, 'deploy', name);
    const line = readFileSync(deploy('vllm.sh'), 'utf8').replace(/^#.*\n/gm, '');
    const back = await commandHere(
      ...['import', 'epp', deploy('epp-config.yaml'), '--vllm-args', line, '--instances', '8', '--json'],
    );
    expect(back.code, back.stderr).toBe(0);
    const { settings, not_simulated: lost } = dataOf(back.stdout) as { settings: JsonObject; not_simulated: [] };
    expect(lost).toEqual([]);
    expect(settings['routing_scorers']).toEqual(config.routing_scorers.filter(({ weight }) => weight > 0));
    const shared = ['tp', 'num_instances', 'max_num_seqs', 'max_num_batched_tokens', 'long_prefill_token_threshold'];
    for (const key of shared) expect(settings[key], key).toEqual(config[key]);
  });
});
