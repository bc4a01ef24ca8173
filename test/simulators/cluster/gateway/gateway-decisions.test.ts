import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  divideIntoPools,
  transferDurationUs,
} from '../../../../src/simulators/cluster/disaggregation/disaggregation.ts';
import type { DisaggregationConfig, GatewayConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import { createAdmission, type SnapshotColumns } from '../../../../src/simulators/cluster/gateway/admission.ts';
import { ENQUEUED, GatewayQueue, REJECTED } from '../../../../src/simulators/cluster/gateway/gateway-queue.ts';
import { createDetector } from '../../../../src/simulators/cluster/gateway/saturation.ts';
import { TenantBudgets } from '../../../../src/simulators/cluster/gateway/tenant-budgets.ts';
import { asRequest } from '../golden/indices.ts';

type AdmissionLine = ['a', number, number, string, string, number, number[], number[]];
type DispatchLine = ['d', number, number, number, number, number];

const golden = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../fixtures/blis/gateway-decisions.json.gz', import.meta.url))).toString(),
) as Record<'flow_shed' | 'flow_conc', (AdmissionLine | DispatchLine)[]> & { token_bucket: number[][] };

const PRIORITY: Record<string, number> = { critical: 4, standard: 3, sheddable: -2 };
const TENANTS = ['', 'tA', 'tB', 'tC', 'default'];

const OPEN: GatewayConfig = {
  detector: { kind: 'never' },
  dispatchOrder: 'fifo',
  fairness: 'global-strict',
  sloTargetsUs: {},
  maxDepth: 0,
  perBandCapacity: 0,
  usageLimit: 1,
  requestTtlUs: 0,
  shedding: false,
  inFlightEviction: false,
  tickUs: 1000,
};

function view(columns: Partial<Record<'queueDepth' | 'batchSize' | 'inFlight' | 'kvUtilization', number[]>>) {
  const count = Object.values(columns)[0]?.length ?? 0;
  const column = (values: number[] | undefined) => Int32Array.from(values ?? new Array<number>(count).fill(0));
  return {
    count,
    members: Int32Array.from({ length: count }, (_, i) => i),
    queueDepth: column(columns.queueDepth),
    batchSize: column(columns.batchSize),
    kvUtilization: Float64Array.from(columns.kvUtilization ?? new Array<number>(count).fill(0)),
    freeBlocks: column(undefined),
    inFlight: column(columns.inFlight),
  } satisfies SnapshotColumns;
}

describe('gateway queue against recorded decisions of the reference', () => {
  it.each([
    ['flow_shed', { ...OPEN, maxDepth: 60, perBandCapacity: 45, shedding: true, usageLimit: 0.5 }],
    ['flow_conc', { ...OPEN, usageLimit: 0.7, requestTtlUs: 200_000 }],
  ] as const)('%s: every enqueue and every dispatch', (scenario, config) => {
    const queue = new GatewayQueue(config, TENANTS);
    const expiry: { row: number; at: number }[] = [];
    let afterAdmission = -1;
    for (const line of golden[scenario]) {
      const clock = line[1];
      const past = line[0] === 'a' || afterAdmission === clock ? clock : clock + 1;
      while (expiry.length > 0 && expiry[0]!.at < past) {
        const row = asRequest(expiry.shift()!.row);
        if (queue.has(row)) queue.remove(row);
      }
      if (line[0] === 'a') {
        const [, , row, sloClass, tenant, outcome] = line;
        const got = queue.enqueue(
          asRequest(row),
          PRIORITY[sloClass]!,
          TENANTS.indexOf(tenant),
          Number.POSITIVE_INFINITY,
          clock,
        );
        expect(got, `request ${row}`).toBe(outcome);
        if (got !== REJECTED && config.requestTtlUs > 0) expiry.push({ row, at: clock + config.requestTtlUs });
        afterAdmission = clock;
      } else {
        const [, , saturation, , row, left] = line;
        expect(queue.dispatch(saturation), `dispatch at ${clock}`).toBe(row);
        expect(queue.length).toBe(left);
        afterAdmission = -1;
      }
    }
  });

  it('recomputes the saturation that each dispatch saw', () => {
    const utilization = createDetector({ kind: 'utilization', queueDepth: 0.25, kvUtilization: 0.02 });
    const concurrency = createDetector({ kind: 'concurrency', maxConcurrency: 5 });
    let compared = 0;
    let seen: AdmissionLine | undefined;
    for (const line of golden.flow_shed) {
      if (line[0] === 'a') seen = line;
      else if (seen !== undefined && seen[1] === line[1]) {
        expect(utilization(view({ queueDepth: seen[6], kvUtilization: seen[7] }))).toBe(line[2]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(150);
    for (const line of golden.flow_conc) {
      if (line[0] === 'd') expect(concurrency(view({ inFlight: [line[3], 0, 0, 0, 0, 0, 0, 0] }))).toBe(line[2]);
    }
  });
});

describe('gateway queue', () => {
  it('keeps every request exactly once, whatever the order of calls', () => {
    const step = fc.record({
      priority: fc.constantFrom(4, 3, -1, -2),
      tenant: fc.nat(4),
      saturation: fc.double({ min: 0, max: 1.2, noNaN: true }),
    });
    const fairness = fc.constantFrom('global-strict' as const, 'round-robin' as const);
    const order = fc.constantFrom('fifo' as const, 'slo-deadline' as const);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fairness,
        order,
        fc.nat(6),
        (steps, fair, dispatchOrder, maxDepth) => {
          const queue = new GatewayQueue(
            { ...OPEN, fairness: fair, dispatchOrder, maxDepth, shedding: true, usageLimit: 0.5 },
            TENANTS,
          );
          const inside = new Set<number>();
          steps.forEach(({ priority, tenant, saturation }, row) => {
            const outcome = queue.enqueue(asRequest(row), priority, tenant, 1000 - row, row);
            if (outcome >= 0) expect(inside.delete(outcome)).toBe(true);
            if (outcome !== REJECTED) inside.add(row);
            const taken = queue.dispatch(saturation);
            if (taken >= 0) expect(inside.delete(taken)).toBe(true);
            expect(queue.length).toBe(inside.size);
            if (maxDepth > 0) expect(queue.length).toBeLessThanOrEqual(maxDepth);
          });
          while (queue.length > 0) expect(inside.delete(queue.dispatch(0))).toBe(true);
          expect(inside.size).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('serves tenants of a band in turn under round-robin and by age under global-strict', () => {
    const serve = (fairness: GatewayConfig['fairness']) => {
      const queue = new GatewayQueue({ ...OPEN, fairness }, TENANTS);
      [3, 3, 3, 1, 2].forEach((tenant, row) => {
        expect(queue.enqueue(asRequest(row), 3, tenant, 0, 0)).toBe(ENQUEUED);
      });
      return Array.from({ length: 5 }, () => queue.dispatch(0));
    };
    expect(serve('global-strict')).toEqual([0, 1, 2, 3, 4]);
    expect(serve('round-robin')).toEqual([3, 4, 0, 1, 2]);
  });

  it('takes the nearest deadline of the chosen tenant first with slo-deadline', () => {
    const queue = new GatewayQueue({ ...OPEN, dispatchOrder: 'slo-deadline' }, TENANTS);
    [300, Number.POSITIVE_INFINITY, 100, 100].forEach((target, row) => {
      queue.enqueue(asRequest(row), 3, 1, target, 0);
    });
    expect([0, 0, 0, 0].map((saturation) => queue.dispatch(saturation))).toEqual([2, 3, 0, 1]);
  });
});

describe('admission', () => {
  it('token bucket decides as the reference on 300 recorded requests', () => {
    const bucket = createAdmission({ kind: 'token-bucket', capacity: 20_000, refillPerSecond: 300_000 });
    const empty = view({});
    const decisions = golden.token_bucket.map(([clock, inputTokens]) =>
      bucket.admits({ inputTokens: inputTokens!, priority: 3 }, empty, clock!) ? 1 : 0,
    );
    expect(decisions).toEqual(golden.token_bucket.map((line) => line[2]));
    expect(decisions.filter((admitted) => admitted === 0).length).toBe(157);
  });

  it('tier-shed admits everything up to its threshold and only high tiers above', () => {
    const shed = createAdmission({ kind: 'tier-shed', threshold: 4, minPriority: 3 });
    const calm = view({ queueDepth: [1, 0], batchSize: [1, 0], inFlight: [2, 0] });
    const busy = view({ queueDepth: [1, 0], batchSize: [2, 0], inFlight: [2, 0] });
    expect([calm, busy].map((v) => shed.admits({ inputTokens: 1, priority: -2 }, v, 0))).toEqual([true, false]);
    expect(shed.admits({ inputTokens: 1, priority: 3 }, busy, 0)).toBe(true);
  });

  it('gaie-legacy sheds only sheddable classes, from mean pressure 1 on', () => {
    const gaie = createAdmission({ kind: 'gaie-legacy', queueDepth: 5, kvUtilization: 0.8 });
    const half = view({ queueDepth: [5, 0], kvUtilization: [0, 0.4] });
    const full = view({ queueDepth: [5, 0], kvUtilization: [0, 0.8] });
    expect([half, full].map((v) => gaie.admits({ inputTokens: 1, priority: -1 }, v, 0))).toEqual([true, false]);
    expect(gaie.admits({ inputTokens: 1, priority: 0 }, full, 0)).toBe(true);
    expect(gaie.admits({ inputTokens: 1, priority: -1 }, view({}), 0)).toBe(false);
  });

  it('tenant budgets count routed requests of sheddable classes against a strict share', () => {
    const budgets = new TenantBudgets(['', 'a', 'b'], { a: 0.5, '': 0 }, 4);
    for (let i = 0; i < 2; i++) budgets.routed(1);
    expect(budgets.sheds(1, -1)).toBe(false);
    budgets.routed(1);
    expect([budgets.sheds(1, -1), budgets.sheds(1, 3), budgets.sheds(2, -1), budgets.sheds(0, -1)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    budgets.ended(1);
    expect(budgets.sheds(1, -1)).toBe(false);
  });
});

describe('disaggregation', () => {
  const config: DisaggregationConfig = {
    prefill: 2,
    decode: 3,
    shared: 1,
    encode: 1,
    decider: 'always',
    prefixThreshold: 16,
    encodeDecider: 'never',
    transferBandwidth: 25,
    transferBaseMs: 0.05,
    contention: true,
    kvBytesPerToken: 163_840,
    prefillScorers: null,
    decodeScorers: null,
    prefillInstance: null,
    decodeInstance: null,
    pairRouting: null,
  };

  it('divides instances by index; shared ones have both roles', () => {
    const pools = divideIntoPools(config);
    expect([...pools.prefill]).toEqual([0, 1, 5]);
    expect([...pools.decode]).toEqual([2, 3, 4, 5]);
    expect([...pools.encode]).toEqual([6]);
  });

  it('takes base latency plus bytes over the shared bandwidth, rounded up', () => {
    expect(transferDurationUs(config, 160, 16, 1)).toBe(Math.ceil(50 + (160 * 163_840) / 25_000));
    expect(transferDurationUs(config, 161, 16, 4)).toBe(Math.ceil(50 + (176 * 163_840) / 6_250));
    expect(transferDurationUs({ ...config, contention: false }, 161, 16, 4)).toBe(
      Math.ceil(50 + (176 * 163_840) / 25_000),
    );
    expect(transferDurationUs({ ...config, transferBaseMs: 0, kvBytesPerToken: 0 }, 16, 16, 1)).toBe(1);
  });
});
