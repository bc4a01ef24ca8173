import { describe, expect, it } from 'vitest';
import type { InstanceConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { GpuBlocks } from '../../../../src/simulators/cluster/kv/gpu-blocks.ts';
import { hitRate } from '../../../../src/simulators/cluster/kv/kv-tier.ts';
import { TieredKv } from '../../../../src/simulators/cluster/kv/mirror/tiered-kv.ts';
import { OffloadKv } from '../../../../src/simulators/cluster/kv/offload/offload-kv.ts';
import type { TierParts } from '../../../../src/simulators/cluster/kv/tier-parts.ts';
import type { EngineHooks } from '../../../../src/simulators/cluster/policy/policy.ts';
import { PHASE } from '../../../../src/simulators/cluster/request-states.ts';
import { asBlock, asRequest } from '../golden/indices.ts';
import { readScenarios, runScenario, type Scenario } from '../golden/instance-scenario.ts';

const STATE: Readonly<Record<number, string>> = {
  [PHASE.pending]: 'queued',
  [PHASE.queued]: 'queued',
  [PHASE.running]: 'running',
  [PHASE.completed]: 'completed',
  [PHASE.timedOut]: 'timed_out',
  [PHASE.dropped]: 'queued',
};

function compare(scenario: Scenario, hooks: EngineHooks = {}): void {
  const { expected } = scenario;
  const { engine, steps } = runScenario(scenario, hooks);
  const instance = engine.instances[0]!;
  const { gpu } = instance;
  if (expected.steps) {
    const trace = steps.map((step) => [
      step.atUs,
      step.queueDepth,
      step.batch.map((entry) => entry.request),
      step.batch.map((entry) => entry.progress),
      step.usedBlocks,
      step.hits,
      step.misses,
    ]);
    const listed = expected.steps.map(([at, queue, ids, progress, ...rest]) => [
      at,
      queue,
      ids ?? [],
      progress ?? [],
      ...rest,
    ]);
    // Steps of an instance that only waits, 1 µs each, are counted but not executed one by one.
    const busy = listed.filter((step, i) => !repeats(step, listed[i - 1]));
    trace
      .filter((step, i) => !repeats(step, trace[i - 1]))
      .forEach((step, i) => {
        expect(step, `step ${i}`).toEqual(busy[i]);
      });
    expect(trace.filter((step, i) => !repeats(step, trace[i - 1])).length).toBe(busy.length);
    if (expected.wq !== null) expect(instance.steps).toBe(expected.wq.length);
  }
  const q = engine.requests;
  expected.requests.forEach((request, index) => {
    const row = asRequest(index);
    expect(engine.table.id(row)).toBe(request.id);
    expect(STATE[q.phase[row]!], request.id).toBe(request.state);
    if (request.ttft !== undefined) expect(q.ttftUs[row], `ttft ${request.id}`).toBe(request.ttft);
    if (request.e2e !== undefined) expect(q.e2eUs[row], `e2e ${request.id}`).toBe(request.e2e);
    if (request.sd !== undefined) expect(q.schedulingDelayUs[row], `delay ${request.id}`).toBe(request.sd);
    if (request.state === 'completed') {
      expect(q.inputTokens[row]! + q.itlCount[row]!, `progress ${request.id}`).toBe(request.pi);
      if (request.itl !== undefined) {
        expect(q.itlCount[row]).toBe(request.itl?.length ?? 0);
        expect(q.itlSumUs[row]).toBe((request.itl ?? []).reduce((sum, gap) => sum + gap, 0));
      }
    }
    expect(q.lengthCapped[row] === 1).toBe(request.capped);
  });
  const free = gpu.freeBlocks.list().map((block) => block - 1);
  expect(free.slice(0, expected.kv.free.length)).toEqual(expected.kv.free);
  expect({ hits: gpu.hits, misses: gpu.misses, used: gpu.used }).toEqual({
    hits: expected.kv.hits,
    misses: expected.kv.misses,
    used: expected.kv.used,
  });
  if (gpu.keysOutput && !gpu.runs.areUsed) expect(indexSize(gpu)).toBe(expected.kv.nhash);
  expect(hitRate(gpu, instance.tier)).toBe(expected.kv.rate);
  expect(instance.tier?.thrashingRate() ?? 0).toBe(expected.kv.thrash);
  const { tier } = instance;
  if (tier instanceof TieredKv) {
    expect({
      cpuEvict: tier.cache.evicted,
      cpuHit: tier.reloads,
      cpuMiss: tier.misses,
      cpuUsed: tier.cache.size,
      mirror: tier.cache.mirrored,
    }).toEqual(expected.tier);
  }
  if (tier instanceof OffloadKv) {
    expect({
      cpuEvict: tier.cache.evicted,
      cpuUsed: tier.cache.used,
      deferrals: tier.deferrals,
      evictable: tier.cache.idle,
      mirrorSkipped: tier.mirrorSkipped,
      offloadMiss: tier.misses,
      promFailed: tier.promotionsFailed,
      promFired: tier.promotionsFired,
      reload: tier.reloads,
    }).toEqual(expected.tier);
  }
  expect({
    allocfail: instance.ends.allocationFailures,
    capped: instance.ends.lengthCapped,
    completed: instance.ends.completed,
    dropped: instance.ends.dropped,
    end: instance.endedAtUs(),
    in: instance.inputTokens,
    kvused: instance.blockMicros,
    out: instance.ends.outputTokens,
    peak: instance.peakBlocks,
    preempt: instance.preemptions,
    queued: instance.queue.length,
    running: instance.batch.size,
    timeout: instance.ends.timedOut,
    ttftsum: instance.ends.ttftSumUs,
  }).toEqual(expected.m);
}

/** Whether a step shows the same as the one before it, with nothing running. */
function repeats(step: readonly unknown[], before: readonly unknown[] | undefined): boolean {
  return (
    before !== undefined &&
    JSON.stringify(step[2]) === '[]' &&
    JSON.stringify(step.slice(1)) === JSON.stringify(before.slice(1))
  );
}

function indexSize(gpu: GpuBlocks): number {
  let size = 0;
  for (let block = 1; block <= gpu.total; block++) {
    const key = gpu.books.keyOf(asBlock(block));
    if (key > 0 && gpu.books.find(key) === block) size++;
  }
  return size;
}

function fullBooks({ kv }: InstanceConfig, parts: TierParts): TieredKv | null {
  return kv.kind === 'tiered' ? new TieredKv(kv, { ...parts, oneHome: false }) : null;
}

const scenarios = [...readScenarios('instance-scenarios.jsonl.gz'), ...readScenarios('instance-large.jsonl.gz')];
const kind = ({ scenario }: Scenario) =>
  scenario.offload !== undefined ? 'offload' : scenario.cpu_blocks > 0 ? 'tiered' : 'gpu-only';

describe.each(['gpu-only', 'tiered', 'offload'])('one instance with %s KV', (tier) => {
  it.each(scenarios.filter((s) => kind(s) === tier).map((s) => [s.scenario.name, s] as const))(
    'does what the reference does, step by step: %s',
    (_name, scenario) => {
      compare(scenario);
      // Once more with full books of every block, so that the index holds all that the reference's does.
      if (tier !== 'offload') compare(scenario, { kvTier: fullBooks });
    },
  );
});
