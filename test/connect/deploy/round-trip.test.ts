import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { stream } from '../../../src/base/random.ts';
import { EXPORT_TARGETS, type ExportTarget, exportTarget } from '../../../src/connect/deploy/export-target.ts';
import { importDeployment } from '../../../src/connect/deploy/import-deployment.ts';
import { readHelmValues } from '../../../src/connect/deploy/read-helm-values.ts';
import { catalogueOf, ROUTER_VERSIONS } from '../../../src/connect/epp/catalogue.ts';
import { readPickerFile } from '../../../src/connect/epp/read-picker-file.ts';
import { readVllmArgs } from '../../../src/connect/vllm/read-args.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { cubeDimension, decode } from '../../../src/optimizer/space/encode.ts';
import { resolveStrategyConfig } from '../../../src/simulators/cluster/settings/config.ts';
import { parseSearchSpace } from '../../../src/study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../../src/study/plan/strategy-file.ts';
import { instantiate } from '../../../src/study/plan/template.ts';

const TEMPLATES = ['llm-d-weighted', 'llm-d-precise-prefix', 'llm-d-token-load', 'llm-d-pd'];
const ROUNDS = 6;

/** Settings of a template that say how it is simulated, not what is deployed. */
const SIMULATION = ['latency_model', 'snapshot_refresh_interval', 'cache_signal_delay', 'hardware'];

function document(folder: string, name: string) {
  const file = `${process.cwd()}/${folder}/${name}.yaml`;
  return parseYaml(readFileSync(file, 'utf8'), file).value;
}

/** Random points of a template, filled in. */
function points(name: string): JsonObject[] {
  const { template } = parseStrategyFile(document('strategies', name));
  const space = parseSearchSpace(document('search-spaces', name));
  const rng = stream(7, name);
  return Array.from({ length: ROUNDS }, () => {
    const cube = Float64Array.from({ length: cubeDimension(space) }, () => rng.uniform());
    return instantiate(template, space, decode(space, cube)) as JsonObject;
  });
}

function exported(config: JsonObject, target: ExportTarget, routerVersion = ROUTER_VERSIONS[0]!) {
  return exportTarget(target, {
    strategy: { simulator: 'cluster', policies: [], config },
    routerVersion,
    provenance: ['a test'],
    workload: {},
    seeds: [1],
    point: {},
  });
}

/** What a cluster would run, without what only the simulator knows. */
function deployed(config: JsonObject) {
  const resolved = resolveStrategyConfig(config);
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  return resolved.config;
}

const simulation = (config: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(config).filter(([key]) => SIMULATION.includes(key)));

describe.each(TEMPLATES)('every point of %s', (name) => {
  it('is read back as the same strategy from EPP file and vLLM flags', () => {
    for (const config of points(name)) {
      const epp = exported(config, 'epp').text;
      const vllm = exported(config, 'vllm').text;
      const found = importDeployment({
        picker: readPickerFile(epp, 'epp.yaml', catalogueOf()),
        texts: [epp, vllm],
        helm: null,
        args: readVllmArgs(vllm),
        engine: { gpu: 'H100' },
        instances: Number(config['num_instances']),
        prefillInstances: (config['prefill_instances'] as number | undefined) ?? null,
      });
      expect(found.leftOut).toEqual([]);
      expect(deployed({ ...simulation(config), ...found.settings })).toEqual(deployed(config));
    }
  });

  it('is read back as the same strategy from Helm values alone', () => {
    for (const config of points(name)) {
      const text = exported(config, 'helm-values').text;
      const helm = readHelmValues(parseYaml(text, 'values.yaml').value);
      const found = importDeployment({
        picker: readPickerFile(helm.pickerText!, 'values.yaml', catalogueOf()),
        texts: [text],
        helm,
        args: null,
        engine: { gpu: 'H100' },
        instances: null,
        prefillInstances: null,
      });
      expect(found.leftOut).toEqual([]);
      expect(deployed({ ...simulation(config), ...found.settings })).toEqual(deployed(config));
    }
  });

  it.each(ROUTER_VERSIONS)('passes the strict check of router %s, and leaves nothing out', (version) => {
    for (const config of points(name)) {
      for (const target of EXPORT_TARGETS) {
        if (target === 'blis' && name !== 'llm-d-weighted') continue;
        expect(exported(config, target, version).leftOut, target).toEqual([]);
      }
    }
  });
});

describe('settings beyond the templates', () => {
  it.each([
    [
      'an admission like the router’s',
      { admission: { policy: 'gaie-legacy', gaie_qd_threshold: 7, gaie_kv_threshold: 0.7 } },
    ],
    [
      'a queue by utilization',
      {
        flow_control: true,
        saturation_detector: 'utilization',
        queue_depth_threshold: 9,
        kv_cache_util_threshold: 0.6,
        request_ttl: 1_500_000,
        per_band_capacity: 300,
        max_gateway_queue_depth: 1000,
        dispatch_order: 'slo-deadline',
        fairness_policy: 'round-robin',
        usage_limit_threshold: 0.9,
        in_flight_eviction: true,
      },
    ],
    [
      'a queue by concurrency without bounds',
      { flow_control: true, saturation_detector: 'concurrency', max_concurrency: 12 },
    ],
    ['a queue that never holds back', { flow_control: true }],
    ['random picks', { picker: 'weighted-random' }],
    [
      'no prefix caching, priorities',
      { enable_prefix_caching: false, scheduler: 'priority-fcfs', preemption_policy: 'priority' },
    ],
    [
      'thresholds of scorers',
      {
        routing_scorers: 'load-aware:1,active-requests:2',
        load_aware_threshold: 20,
        idle_threshold: 3,
        max_busy_score: 0.5,
      },
    ],
    [
      'always disaggregated',
      {
        num_instances: 4,
        prefill_instances: 1,
        decode_instances: 3,
        pd_decider: 'always',
        affinity_filter: 'prefill',
        exploration_probability: 0.1,
        prefix_block_tokens: 64,
        prefix_lru_blocks: 500,
      },
    ],
    [
      'long prompts disaggregated',
      {
        num_instances: 4,
        prefill_instances: 1,
        decode_instances: 3,
        pd_decider: 'prefix-threshold',
        pd_prefix_threshold: 0,
        pd_prompt_tokens: 700,
      },
    ],
  ] as readonly (readonly [string, JsonObject])[])('%s: the same after a round', (_name, more) => {
    const config: JsonObject = {
      model: 'qwen/qwen3-14b',
      hardware: 'H100',
      tp: 1,
      num_instances: 3,
      routing_policy: 'weighted',
      routing_scorers: 'queue-depth:1,kv-utilization:2',
      max_num_seqs: 64,
      max_num_batched_tokens: 1024,
      ...more,
    };
    const [epp, vllm] = [exported(config, 'epp'), exported(config, 'vllm')];
    expect([...epp.leftOut, ...vllm.leftOut]).toEqual([]);
    const found = importDeployment({
      picker: readPickerFile(epp.text, 'epp.yaml', catalogueOf()),
      texts: [epp.text, vllm.text],
      helm: null,
      args: readVllmArgs(vllm.text),
      engine: { gpu: 'H100' },
      instances: Number(config['num_instances']),
      prefillInstances: (config['prefill_instances'] as number | undefined) ?? null,
    });
    expect(deployed(found.settings)).toEqual(withoutMainProfile(deployed(config)));
  });

  it.each([
    [{ routing_scorers: 'load-balance:1,queue-depth:2' }, 'epp', 'scorer load-balance (weight 1)'],
    [{ routing_scorers: 'vllm-dp:1' }, 'configmap', 'scorer vllm-dp (weight 1)'],
    [{ routing_policy: 'round-robin' }, 'epp', 'routing_policy round-robin'],
    [{ admission: { policy: 'tier-shed' } }, 'helm-values', 'admission policy tier-shed'],
    [{ tenant_budgets: { a: 0.5 } }, 'epp', 'tenant_budgets'],
    [{ flow_control: true, queue_shedding: true }, 'epp', 'queue_shedding'],
    [{ scheduler: 'sjf' }, 'vllm', 'scheduler sjf'],
    [{ preemption_policy: 'priority' }, 'vllm', 'scheduler fcfs with preemption_policy priority'],
    [{ kv_offload_threshold: 0.8 }, 'vllm', 'kv_offload_threshold'],
    [{ precise_prefix: 'router' }, 'blis', 'precise_prefix "router"'],
    [{ routing_scorers: 'token-load:1,queue-depth:1' }, 'blis', 'scorer token-load (weight 1)'],
    [{ enable_prefix_caching: false }, 'blis', 'enable_prefix_caching false'],
  ] as readonly (readonly [JsonObject, ExportTarget, string])[])(
    '%j is left out of %s by name',
    (more, target, expected) => {
      const config = { model: 'qwen/qwen3-14b', routing_policy: 'weighted', routing_scorers: 'queue-depth:1', ...more };
      expect(exported(config, target).leftOut.join('\n')).toContain(expected);
    },
  );

  it('KV blocks that no GPU holds are a note, those that fit a flag', () => {
    const config = (blocks: number) => ({ model: 'qwen/qwen3-14b', hardware: 'H100', tp: 1, total_kv_blocks: blocks });
    expect(exported(config(1000), 'vllm').text).toContain('--num-gpu-blocks-override 1000');
    const large = exported(config(1_000_000), 'vllm').text;
    expect(large).not.toContain('--num-gpu-blocks-override');
    expect(large).toContain('1000000 KV blocks were simulated, more than the GPUs hold');
  });
});

/** With pools of their own profiles nobody asks the main one. */
function withoutMainProfile(config: ReturnType<typeof deployed>): ReturnType<typeof deployed> {
  const pools = config.disaggregation;
  if (pools === null) return config;
  const own = {
    prefillScorers: pools.prefillScorers ?? config.routing.scorers,
    decodeScorers: pools.decodeScorers ?? config.routing.scorers,
  };
  return { ...config, disaggregation: { ...pools, ...own } };
}
