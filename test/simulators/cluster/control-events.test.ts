import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, RareEvents, type RareKind } from '../../../src/simulators/cluster/control-events.ts';
import type { EngineConfig } from '../../../src/simulators/cluster/engine-config.ts';
import type { EngineHooks } from '../../../src/simulators/cluster/policy/policy.ts';
import { simulateCluster } from '../../../src/simulators/cluster/simulate-cluster.ts';
import type { FollowUpSource } from '../../../src/simulators/workload/follow-ups.ts';
import { randomCluster } from './golden/random-cluster.ts';
import { openWorkload, type TokenRequest, tokenTable } from './golden/token-table.ts';

/** Everything that comes out, in order. */
function drained(events: RareEvents): [RareKind, number][] {
  const out: [RareKind, number][] = [];
  while (events.peekTime() < Number.POSITIVE_INFINITY) {
    const request = events.pop();
    out.push([events.kind, request]);
  }
  return out;
}

const ADMISSION_US = 10;
const ROUTING_US = 20;
const QUEUEING_US = 30;
const STEP_US = 1_000;

/** One instance with one slot, whose steps last `STEP_US` each. */
function oneSlot({
  admissionUs,
  routingUs,
}: {
  readonly admissionUs: number;
  readonly routingUs: number;
}): EngineConfig {
  const { config } = randomCluster(0, { kv: 'gpu-only', instances: 1 });
  return {
    ...config,
    horizonUs: Number.POSITIVE_INFINITY,
    admissionLatencyUs: admissionUs,
    routingLatencyUs: routingUs,
    routing: { policy: 'weighted', scorers: [{ name: 'only', weight: 1 }] },
    admission: { kind: 'always-admit' },
    instance: {
      ...config.instance,
      totalBlocks: 100,
      blockSize: 16,
      maxSeqs: 1,
      maxBatchedTokens: 2_048,
      longPrefillThreshold: 0,
      maxModelLen: 0,
      scheduler: 'fcfs',
      latency: { kind: 'blackbox', alpha: [QUEUEING_US, 0, 0], beta: [STEP_US, 0, 0] },
    },
  };
}

function ofTokens(id: string, arrivalUs: number, outputTokens: number, deadlineUs = 0): TokenRequest {
  const input = Array.from(id, (letter) => letter.charCodeAt(0));
  const output = new Array<number>(outputTokens).fill(0);
  return { id, arrivalUs, input, output, maxOutput: outputTokens, deadlineUs, sloClass: '' };
}

/** Hooks that note what happens at one instant, as it happens; that `joins` joins the wait queue, by its key. */
function noting(atUs: number, joins: string, note: (kind: string, request: string) => void): EngineHooks {
  return {
    record: (event) => {
      if (event.atUs === atUs) note(event.kind, 'request' in event ? (event.request ?? '') : '');
    },
    scheduler: {
      fixed: true,
      key: ({ id }) => {
        if (id === joins) note('end of queueing delay', id);
        return 0;
      },
    },
    scorers: {
      only: {
        score: () => [1],
        ended: ({ id }, _instance, end, endUs) => {
          if (end === 'timed-out' && endUs === atUs) note('deadline', id);
        },
      },
    },
  };
}

describe('the events of one instant', () => {
  it('happen in a run in the order in which their kinds are listed', () => {
    const readyUs = ADMISSION_US + ROUTING_US + QUEUEING_US;
    const atUs = readyUs + 2 * STEP_US;
    const requests = [
      ofTokens('running', 0, 10),
      ofTokens('late', 100, 10, atUs),
      ofTokens('joining', atUs - readyUs, 10),
      ofTokens('routed', atUs - ADMISSION_US - ROUTING_US, 10),
      ofTokens('admitted', atUs - ADMISSION_US, 10),
    ];
    const seen: string[][] = [];
    const hooks = noting(atUs, 'joining', (kind, request) => seen.push([kind, request]));
    const config = oneSlot({ admissionUs: ADMISSION_US, routingUs: ROUTING_US });
    simulateCluster(config, openWorkload(tokenTable(requests)), () => hooks);
    expect(seen).toEqual([
      ['admission', 'admitted'],
      ['routing', 'routed'],
      ['end of queueing delay', 'joining'],
      ['step', ''],
      ['deadline', 'late'],
    ]);
    const kinds = seen.map(([kind]) => kind!);
    expect(Object.keys(EVENT_KINDS).filter((kind) => kinds.includes(kind))).toEqual(kinds);
  });

  it('bring listed arrivals in before follow-ups', () => {
    const atUs = 100_000;
    const initial = tokenTable([ofTokens('first', 0, 1), ofTokens('listed', atUs, 1)]);
    const followUps: FollowUpSource = {
      next: (table, row) => {
        if (row > 0) return -1;
        const next = table.append();
        table.customIds.set(next, 'follow-up');
        table.arrivalUs[next] = atUs;
        table.inputTokens[next] = 4;
        table.outputTokens[next] = 1;
        return next;
      },
    };
    const workload = { ...openWorkload(initial), start: () => ({ table: initial.copy(), followUps }) };
    const seen: string[][] = [];
    const hooks = noting(atUs, '', (kind, request) => seen.push([kind, request]));
    simulateCluster(oneSlot({ admissionUs: 0, routingUs: 0 }), workload, () => hooks);
    expect(seen).toEqual([
      ['admission', 'listed'],
      ['admission', 'follow-up'],
      ['routing', 'listed'],
      ['routing', 'follow-up'],
    ]);
    const kinds = Object.keys(EVENT_KINDS);
    expect(kinds.indexOf('arrival')).toBeLessThan(kinds.indexOf('follow-up arrival'));
  });
});

describe('kinds of events', () => {
  it('are listed in their order, those of the control plane before those of instances, each with its reason', () => {
    const kinds = Object.values(EVENT_KINDS);
    const order = kinds.map(({ plane, rank }) => (plane === 'control' ? rank : 100 + rank));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(kinds.filter(({ because }) => because.length < 10)).toEqual([]);
  });

  it('of one instant happen by rank, whatever the order in which they were put in', () => {
    const events = new RareEvents();
    const kinds = ['gateway tick', 'transfer end', 'transfer start', 'prefill routing'] as const;
    kinds.forEach((kind, request) => {
      events.push(5, kind, request);
    });
    events.push(4, 'gateway tick', 9);
    expect(drained(events)).toEqual([
      ['gateway tick', 9],
      ['prefill routing', 3],
      ['transfer start', 2],
      ['transfer end', 1],
      ['gateway tick', 0],
    ]);
  });

  it('of equal rank happen in the order in which they were put in', () => {
    const events = new RareEvents();
    events.push(5, 'gateway expiry', 1_000_000);
    events.push(5, 'eviction', 0);
    events.push(5, 'transfer end', 2);
    events.push(5, 'transfer start', 3);
    expect(drained(events)).toEqual([
      ['eviction', 0],
      ['transfer start', 3],
      ['gateway expiry', 1_000_000],
      ['transfer end', 2],
    ]);
  });
});
