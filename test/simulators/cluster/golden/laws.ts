import { expect } from 'vitest';
import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import { summarizeRun } from '../../../../src/simulators/cluster/engine/engine-summary.ts';
import type { EngineResult } from '../../../../src/simulators/cluster/engine-result.ts';
import { PHASE } from '../../../../src/simulators/cluster/request-states.ts';
import { asBlock, asRequest } from './indices.ts';
import type { RandomCluster } from './random-cluster.ts';

/** Checks what must hold for every run: conservation, causality, memory accounting, determinism. */
export function checkLaws(cluster: RandomCluster, label: string): void {
  const engine = new ClusterEngine(cluster.config, cluster.workload);
  engine.run();
  const result = summarizeRun(engine);
  checkConservation(engine, result, label);
  checkCausality(engine, label);
  checkMemory(engine, label);
  checkGaps(result, label);
  const again = new ClusterEngine(cluster.config, cluster.workload);
  again.run();
  expect(summarizeRun(again), label).toEqual(result);
}

function checkConservation(engine: ClusterEngine, result: EngineResult, label: string): void {
  const sum = (of: (one: EngineResult['instances'][number]) => number) =>
    result.instances.reduce((total, one) => total + of(one), 0);
  const q = engine.requests;
  const phases = Array.from({ length: q.length }, (_, request) => q.phase[asRequest(request)]!);
  const pending = phases.filter((phase) => phase === PHASE.pending).length;
  const atInstances = sum((i) => i.completed + i.stillQueued + i.stillRunning + i.dropped + i.timedOut);
  // Pending are the rejected ones and, at a horizon, those on their way.
  expect(atInstances + pending, label).toBe(engine.table.length);
  const { admissionRejected, routingRejected } = result.cluster;
  if (engine.config.horizonUs === Number.POSITIVE_INFINITY) {
    expect(pending, label).toBe(admissionRejected + routingRejected);
    expect(
      sum((i) => i.stillQueued + i.stillRunning),
      label,
    ).toBe(0);
  } else expect(pending, label).toBeGreaterThanOrEqual(admissionRejected + routingRejected);
  expect(
    result.completed.reduce((total, one) => total + one, 0),
    label,
  ).toBe(sum((i) => i.completed));
}

function checkCausality(engine: ClusterEngine, label: string): void {
  const q = engine.requests;
  for (let request = asRequest(0); request < q.length; request++) {
    const at = `${label} ${engine.parts.idOf(request)}`;
    if (q.phase[request] !== PHASE.completed) {
      expect(q.e2eUs[request], at).toBeNaN();
      continue;
    }
    expect(q.schedulingDelayUs[request], at).toBeGreaterThanOrEqual(0);
    expect(q.ttftUs[request], at).toBeGreaterThan(q.schedulingDelayUs[request]!);
    expect(q.e2eUs[request], at).toBeGreaterThanOrEqual(q.ttftUs[request]!);
    const output = q.outputTokens[request]!;
    if (q.lengthCapped[request] === 0) expect(q.itlCount[request], at).toBe(Math.max(output, 1) - 1);
    else expect(q.itlCount[request], at).toBeLessThan(output);
  }
  for (const instance of engine.instances) {
    expect(instance.endedAtUs(), label).toBeLessThanOrEqual(engine.config.horizonUs);
  }
}

/** Every block is on the free list or owned, never both; nothing is owned once everything has ended. */
function checkMemory(engine: ClusterEngine, label: string): void {
  const q = engine.requests;
  for (const { index, gpu, batch, queue } of engine.instances) {
    const free = gpu.freeBlocks.list();
    expect(free.length, label).toBe(gpu.free);
    const owners = new Map<number, number>();
    for (let request = asRequest(0); request < q.length; request++) {
      if (q.instance[request] !== index) continue;
      for (const block of gpu.ownedBy(request)) owners.set(block, (owners.get(block) ?? 0) + 1);
    }
    expect(owners.size, label).toBe(gpu.used);
    expect(new Set([...free, ...owners.keys()]).size, label).toBe(gpu.total);
    for (let block = 1; block <= gpu.total; block++) {
      // Own blocks of one request may be without references.
      const count = owners.get(block) ?? 0;
      if (count !== 1 || gpu.books.owners(asBlock(block)) !== 0)
        expect(gpu.books.owners(asBlock(block)), label).toBe(count);
    }
    if (batch.size + queue.length === 0) expect(gpu.used, label).toBe(0);
  }
}

function checkGaps(result: EngineResult, label: string): void {
  let count = 0;
  let sum = 0;
  result.completed.forEach((completed, row) => {
    if (completed === 0) return;
    count += result.itlCount[row]!;
    sum += result.itlSumUs[row]!;
  });
  const total = (of: (value: number, count: number) => number) =>
    result.itl.values.reduce((all, value, i) => all + of(value, result.itl.counts[i]!), 0);
  expect(
    total((_, n) => n),
    label,
  ).toBe(count);
  expect(
    total((value, n) => value * n),
    label,
  ).toBe(sum);
  const parts = result.instances.reduce((all, one) => all + one.itl.counts.reduce((a, b) => a + b, 0), 0);
  expect(parts, label).toBe(count);
}
