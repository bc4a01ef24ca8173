import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { importDeployment } from '../../../src/connect/deploy/import-deployment.ts';
import { readHelmValues } from '../../../src/connect/deploy/read-helm-values.ts';
import { catalogueOf, ROUTER_VERSIONS } from '../../../src/connect/epp/catalogue.ts';
import { readPickerFile } from '../../../src/connect/epp/read-picker-file.ts';
import { readVllmArgs } from '../../../src/connect/vllm/read-args.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { choosePoint } from '../../../src/study/experiment/choose-point.ts';
import { readRecorded } from '../../../src/study/io/study-session.ts';
import { instantiate } from '../../../src/study/plan/template.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { runBlocks, shellBlocks, writeProgram } from '../../support/page-commands.ts';

const folder = temporaryFolder();
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** The way of a user, as the page shows it: trace, EPP file and vLLM line in; study; three files out. */
beforeAll(async () => {
  writeProgram(join(folder, 'bin', 'paretune'));
  const blocks = shellBlocks(readFileSync(`${process.cwd()}/docs/from-your-cluster.md`, 'utf8'));
  expect(blocks.length).toBe(3);
  await runBlocks(blocks, folder);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('from your cluster and back', () => {
  it('today’s files are the baseline, and the trace is the workload', async () => {
    const { plan } = await readRecorded(join(folder, 'runs/mine'));
    const today = instantiate(plan.template, plan.space, plan.baseline!) as JsonObject;
    expect(today).toMatchObject({
      model: 'Qwen/Qwen3-14B',
      tp: 1,
      num_instances: 2,
      max_num_seqs: 256,
      max_num_batched_tokens: 4000,
      prefix_block_tokens: 64,
      scheduling_policy: 'fcfs',
    });
    const weights = (today['routing_scorers'] as { name: string; weight: number }[]).map(({ name, weight }) => [
      name,
      weight,
    ]);
    const [prefix, queue, active] = weights.map(([, weight]) => Number(weight));
    expect(weights.map(([name]) => name)).toEqual(['prefix-affinity', 'queue-depth', 'active-requests']);
    expect(prefix! / active!).toBeCloseTo(3, 9);
    expect(queue! / active!).toBeCloseTo(2, 9);
  });

  it('what comes out is the knee, in every file, and passes the check of each router', async () => {
    const { plan, state } = await readRecorded(join(folder, 'runs/mine'));
    const knee = choosePoint({ plan, trials: state.trials }, 'knee');
    const config = instantiate(plan.template, plan.space, knee.values) as JsonObject;
    const [epp, vllm, values] = ['epp-config.yaml', 'vllm.sh', 'values.yaml'].map((name) => read(`deploy/${name}`));
    const helm = readHelmValues(parseYaml(values!, 'values.yaml').value);
    for (const version of ROUTER_VERSIONS) {
      const ways = [
        {
          picker: readPickerFile(epp!, 'epp.yaml', catalogueOf(version)),
          helm: null,
          args: readVllmArgs(vllm!),
          texts: [epp!, vllm!],
        },
        {
          picker: readPickerFile(helm.pickerText!, 'values.yaml', catalogueOf(version)),
          helm,
          args: null,
          texts: [values!],
        },
      ];
      for (const way of ways) {
        const { settings, leftOut } = importDeployment({
          ...way,
          engine: { gpu: 'H100' },
          instances: 2,
          prefillInstances: null,
        });
        expect(leftOut).toEqual([]);
        const kept = [
          'model',
          'tp',
          'max_num_seqs',
          'max_num_batched_tokens',
          'scheduling_policy',
          'block_size_in_tokens',
        ];
        for (const key of kept) expect(settings[key], key).toEqual(config[key]);
        const positive = (config['routing_scorers'] as { weight: number }[]).filter(({ weight }) => weight > 0);
        expect(settings['routing_scorers']).toEqual(positive);
      }
    }
    expect(vllm).toContain('vllm serve Qwen/Qwen3-14B ');
    expect(epp).toContain(`# paretune`);
    expect(epp).toContain(`plan ${plan.hash}`);
  });
});
