import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatPath, InputError } from '../../../src/base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/base/json.ts';
import { readRunnableScenario, readScenario } from '../../../src/simulators/kvsched/read-scenario.ts';
import type { Scenario } from '../../../src/simulators/kvsched/scenario.ts';
import { kvschedScenario } from '../../../src/simulators/kvsched/scenario-schema.ts';
import { complaint, edited } from './scenario-files.ts';

describe('a scenario with every key', () => {
  const FULL = {
    scenario_id: 7,
    description: 'all keys',
    notes: ['read by nobody'],
    scheduler: 'rand',
    seed: -3,
    ticks: 40,
    scheduler_params: {
      weights: { w_queue: 2, w_migration_ms: 0.5, w_mem_pressure: 0 },
      policy: {
        hysteresis_ms: 1,
        enable_prefetch: 'off',
        enable_overlap: 'on',
        prefetch_horizon_tokens: 9,
        overlap_ratio: 0.25,
      },
    },
    dynamics: 'queue',
    tick_ms: 2.5,
    gpu_latency: 'on',
    gpu_ms_per_token: { RTX9000: 0.004 },
    decode_roles: 'decode',
    workload: {
      num_requests: 3,
      prompt_tokens_dist: { 64: 0.25, 8: 0.75 },
      max_new_tokens_dist: [
        [32, 1],
        [16, 3],
      ],
      default_prompt_tokens: 5,
      default_max_new_tokens: 6,
      kv_bytes_per_token: 1.5,
      kv_base_bytes: 10,
      model_id: 'any',
      decode_micro_batch: 2,
      priority: 'high',
      deadline_ms: 5,
      target_p99_ms: 6,
      max_queue_ms: 7,
    },
    nodes: {
      near: {
        node_id: 'near',
        gpu: {
          name: 4090,
          vram_total_gb: 24,
          vram_free_gb: 1.5,
          max_batch_prefill: 2,
          max_batch_decode: 4,
          peak_tflops_fp16: 80,
        },
        running_prefill: 1,
        queued_prefill: 2,
        running_decode: 3,
        queued_decode: 4,
        tags: { role: 'decode', tier: 1, rack: 'r7' },
      },
      30: { gpu: { name: 'A100_80GB', vram_total_gb: 80, vram_free_gb: 80 } },
    },
    network: {
      links: [
        {
          src: 30,
          dst: 'near',
          bandwidth_Gbps: 25,
          rtt_ms: 0.5,
          setup_ms: 1,
          loss_rate: 0.01,
          jitter_ms: 2,
          link_type: 'infiniband',
          congestion_model: 'mm1',
        },
        { src: 'near', dst: 30, bandwidth_Gbps: 10, rtt_ms: 0 },
      ],
      default_util: 0.1,
      util_by_pair: { '30 -> near': 0.99 },
      overlap_ratio: 0.75,
      max_hide_ms: 12,
    },
  } satisfies JsonObject;

  it('is read to the last of them, with defaults for what a node or a link leaves out', () => {
    const { scheduler_params: params } = FULL;
    const gib = 1024 ** 3;
    expect(readScenario(FULL)).toEqual({
      id: '7',
      dynamics: 'queue',
      tickMs: 2.5,
      gpuLatency: true,
      gpuMsPerToken: { RTX9000: 0.004 },
      decodeRoles: ['decode'],
      defaults: {
        scheduler: 'random',
        seed: -3,
        ticks: 40,
        weights: { queue: params.weights.w_queue, migrationMs: 0.5, memPressure: 0 },
        policy: {
          hysteresisMs: 1,
          enablePrefetch: false,
          enableOverlap: true,
          prefetchHorizonTokens: 9,
          overlapRatio: 0.25,
        },
      },
      workload: {
        numRequests: 3,
        promptTokens: [
          [8, 0.75],
          [64, 0.25],
        ],
        maxNewTokens: [
          [32, 1],
          [16, 3],
        ],
        defaultPromptTokens: 5,
        defaultMaxNewTokens: 6,
        kvBytesPerToken: 1.5,
        kvBaseBytes: 10,
      },
      nodes: [
        {
          id: '30',
          gpu: 'A100_80GB',
          vramTotalBytes: 80 * gib,
          vramFreeBytes: 80 * gib,
          maxBatchPrefill: null,
          maxBatchDecode: null,
          runningPrefill: 0,
          queuedPrefill: 0,
          runningDecode: 0,
          queuedDecode: 0,
          role: null,
          tier: null,
        },
        {
          id: 'near',
          gpu: '4090',
          vramTotalBytes: 24 * gib,
          vramFreeBytes: 1.5 * gib,
          maxBatchPrefill: 2,
          maxBatchDecode: 4,
          runningPrefill: 1,
          queuedPrefill: 2,
          runningDecode: 3,
          queuedDecode: 4,
          role: 'decode',
          tier: '1',
        },
      ],
      network: {
        links: [
          {
            src: '30',
            dst: 'near',
            bandwidthGbps: 25,
            rttMs: 0.5,
            setupMs: 1,
            lossRate: 0.01,
            congestion: 'mm1',
          },
          {
            src: 'near',
            dst: '30',
            bandwidthGbps: 10,
            rttMs: 0,
            setupMs: 0,
            lossRate: 0,
            congestion: 'util_linear',
          },
        ],
        defaultUtil: 0.1,
        utilByPair: new Map([['30->near', 0.99]]),
        overlapRatio: 0.75,
        maxHideMs: 12,
      },
    });
  });

  /** Every key of the format in it: entries of maps that users name are none. */
  function keyPaths(value: Json, path: readonly (string | number)[] = []): readonly (string | number)[][] {
    if (Array.isArray(value)) return value.flatMap((item, index) => keyPaths(item, [...path, index]));
    if (!isJsonObject(value)) return [];
    const named = ['nodes', 'util_by_pair', 'prompt_tokens_dist'].includes(String(path.at(-1)));
    return Object.entries(value).flatMap(([key, item]) => {
      const own = [...path, key];
      return [...(named ? [] : [own]), ...keyPaths(item, own)];
    });
  }

  it('may leave a key empty wherever it may leave it out, to the same effect', () => {
    const outcome = (document: JsonObject): Scenario | null => {
      try {
        return readScenario(document);
      } catch (error) {
        if (error instanceof InputError) return null;
        throw error;
      }
    };
    const optional = keyPaths(FULL).filter((path) => outcome(edited(FULL, [[path, undefined]])) !== null);
    expect(optional.length).toBeGreaterThan(50);
    for (const path of optional) {
      expect(outcome(edited(FULL, [[path, null]])), formatPath(path)).toEqual(
        outcome(edited(FULL, [[path, undefined]])),
      );
    }
  });

  it('tells the place of any key that holds what no key may hold', () => {
    const read = (path: readonly (string | number)[]): readonly string[] =>
      complaint(() => readScenario(edited(FULL, [[path, [[[]]]]])))
        .problems()
        .map((problem) => formatPath(problem.path));
    const anything = ['description', 'notes', 'model_id', 'node_id', 'rack'];
    for (const path of keyPaths(FULL).filter((path) => !anything.includes(String(path.at(-1))))) {
      for (const place of read(path)) expect(place.startsWith(formatPath(path)), `${place} for ${path}`).toBe(true);
    }
  });

  it('is told all of its mistakes, also where a rule spans two keys', () => {
    const [link] = FULL.network.links;
    const document = edited(FULL, [
      [['nodes', 'near', 'gpu', 'vram_free_gb'], 49],
      [['nodes', 'near', 'gpu', 'name'], null],
      [['nodes', '30', 'tag'], { role: 'decode' }],
      [['network', 'links', 1, 'rtt_ms'], 'fast'],
      [['network', 'links', 2], { ...link!, dst: 'far' }],
      [['network', 'links', 3], link!],
      [['network', 'util_by_pair'], { 'near -> here': 0.5, near: 0.5 }],
      [['scheduler'], 'fast'],
      [['scheduler_params', 'weights', 'w_queue'], -1],
      [['scheduler_params', 'policy', 'overlap_ratio'], 2],
    ]);
    const problems = complaint(() => readRunnableScenario(document)).problems();
    expect(problems.map(({ path }) => formatPath(path)).sort()).toEqual([
      'network.links[1].rtt_ms',
      'network.links[2].dst',
      'network.links[3]',
      'network.util_by_pair.near',
      'network.util_by_pair.near -> here',
      'nodes.30.tag',
      'nodes.near.gpu.name',
      'nodes.near.gpu.vram_free_gb',
      'scheduler',
      'scheduler_params.policy.overlap_ratio',
      'scheduler_params.weights.w_queue',
    ]);
  });

  it('fits the published JSON Schema of its keys', () => {
    const schema = z.toJSONSchema(kvschedScenario, { io: 'input' });
    expect(Object.keys(schema.properties!).sort()).toEqual(Object.keys(FULL).sort());
    expect([...schema.required!].sort()).toEqual(['network', 'nodes', 'scenario_id', 'workload']);
  });
});
