import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../src/base/json.ts';
import { commandHere } from '../../support/command-here.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const folder = temporaryFolder();
const GOLDEN = `${process.cwd()}/test/fixtures/epp/golden`;
const SERVE = 'vllm serve Qwen/Qwen3-14B -tp 2 --max-num-seqs 256 --kv-cache-dtype fp8';

beforeAll(() => mkdirSync(folder, { recursive: true }));

describe('paretune import epp', () => {
  it('writes a study that runs, with today as its baseline, and names what is not simulated', async () => {
    const out = join(folder, 'pd');
    const args = ['--vllm-args', SERVE, '--instances', '4', '--prefill-instances', '1', '--out', out];
    const imported = await commandHere('import', 'epp', join(GOLDEN, 'pd.yaml'), ...args);
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stderr).toContain('not simulated: --kv-cache-dtype fp8');
    expect(imported.stderr).toContain('assumed: defaults of vLLM 0.28 on H100: max_num_batched_tokens 8192');
    const strategy = parse(readFileSync(join(out, 'strategy.yaml'), 'utf8')) as JsonObject;
    expect(strategy['config']).toMatchObject({ num_instances: 4, prefill_instances: 1, decode_instances: 3, tp: 2 });
    expect(strategy['baseline']).toMatchObject({
      max_num_seqs: 256,
      pd_prefix_threshold: 15,
      decode_weights: { 'queue-depth': 1, 'kv-utilization': 3 },
    });
    const study = join(out, 'study.yaml');
    writeFileSync(
      study,
      readFileSync(study, 'utf8')
        .replace('trials: 40', 'trials: 1')
        .replace('sampler: gp', 'sampler: sobol')
        .replace(/^validation:[\s\S]*(?=budget)/m, '')
        .replace(/^seeds:\n( {2}- \d+\n)+/m, 'seeds: [42]\nworkload_overrides: {num_requests: 40}\n'),
    );
    const run = await paretune(['run', study, '--out', join(folder, 'run'), '--quiet', '--workers', '1']);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).not.toContain('warning');
  }, 120_000);

  it('takes ranges that hold today’s values, and tunes routing or engines alone', async () => {
    const space = async (tune: string) => {
      const { stdout } = await paretune([
        'import',
        'epp',
        join(GOLDEN, 'affinity-today-with-producer.yaml'),
        '--vllm-args',
        '--max-num-seqs 2000 --max-num-batched-tokens 4k',
        '--tune',
        tune,
        '--json',
      ]);
      return (dataOf(stdout) as { space: { parameters: { name: string; low: number; high: number }[] } }).space
        .parameters;
    };
    const routing = await space('routing');
    expect(routing.map(({ name }) => name)).toEqual([
      'affinity_threshold',
      'exploration_probability',
      'max_ttft_penalty_ms',
      'queue_threshold_tokens',
      'prefix_lru_blocks',
    ]);
    const engine = await space('engine');
    expect(engine.map(({ name }) => name)).toEqual([
      'max_num_seqs',
      'max_num_batched_tokens',
      'long_prefill_token_threshold',
      'gpu_memory_utilization',
      'block_size_in_tokens',
      'scheduling_policy',
      'enable_prefix_caching',
    ]);
    expect(engine[0]).toMatchObject({ low: 32, high: 2000 });
  });

  it('reads a ConfigMap, and a model by its config.json', async () => {
    const map = join(folder, 'map.yaml');
    const inner = readFileSync(join(GOLDEN, 'precise.yaml'), 'utf8').replace(/^/gm, '    ');
    writeFileSync(map, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  epp.yaml: |\n${inner}\n`);
    const config = join(folder, 'config.json');
    writeFileSync(
      config,
      JSON.stringify({
        model_type: 'llama',
        num_hidden_layers: 32,
        hidden_size: 4096,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        vocab_size: 128_256,
        intermediate_size: 14_336,
        torch_dtype: 'bfloat16',
        hidden_act: 'silu',
        max_position_embeddings: 131_072,
      }),
    );
    const model = ['--vllm-args', 'vllm serve acme/llama-next', '--model-config', config];
    const { code, stdout, stderr } = await commandHere('import', 'epp', map, ...model, '--json');
    expect(code, stderr).toBe(0);
    expect((dataOf(stdout) as { settings: JsonObject }).settings).toMatchObject({
      model: 'acme/llama-next',
      precise_prefix: 'router',
    });
    const unknown = await commandHere('import', 'epp', map, '--vllm-args', 'vllm serve acme/llama-next');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('unknown model "acme/llama-next"; give its config.json with --model-config');
  });

  it('says every mistake with its place and writes nothing', async () => {
    const out = join(folder, 'nothing');
    const { code, stderr } = await commandHere('import', 'epp', join(GOLDEN, 'weight-negative.yaml'), '--out', out);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /weight-negative\.yaml:10:\d+ schedulingProfiles\[0\]\.plugins\[0\]\.weight: plugin queue-scorer: a weight/,
    );
    expect(existsSync(out)).toBe(false);
    const none = await commandHere('import', 'epp');
    expect(none.stderr).toContain('an EndpointPickerConfig is required');
  });

  it('has files that `check` knows, and that the pair optimizer runs as they are', async () => {
    const file = join(GOLDEN, 'pd.yaml');
    const checked = await commandHere('check', file);
    expect(checked.code, checked.stderr).toBe(0);
    expect(checked.stdout).toContain('valid file of llm-d’s router: prefill and decode profiles');
    const pairs = await commandHere('pd-slo', 'run', '--config', file);
    expect(pairs.code, pairs.stderr).toBe(0);
    expect(pairs.stdout.length).toBeGreaterThan(100);
  });
});
