import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../../../../src/base/json.ts';
import type { EngineEvent } from '../../../../src/simulators/cluster/policy/policy.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';

/** Decisions of the reference in one run, in order. */
interface Recorded {
  readonly flags: string;
  /** Time, request, chosen instance, scores by member, and per member: index and signals as the router saw them. */
  readonly routes: readonly (readonly [number, string, number, readonly number[] | null, readonly Signals[]])[];
  readonly admissions: readonly (readonly [number, string, boolean])[];
  /** Time, request ('' = none), saturation, requests left in the gateway queue. */
  readonly dispatches: readonly (readonly [number, string, number, number])[];
}

/** Instance, queue depth, batch size, KV utilization, free blocks, in flight. */
type Signals = readonly [number, number, number, number, number, number];

const fixture = (path: string) => readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url));
const recorded = JSON.parse(gunzipSync(fixture('cluster/decisions.json.gz')).toString()) as Record<string, Recorded>;

/** Flags that change what is printed, not what is simulated. */
const REPORTING = [
  'trace-level',
  'counterfactual-k',
  'summarize-trace',
  'fitness-weights',
  'slo-ttft',
  'slo-e2e',
  'log',
];

function replay(flags: string): EngineEvent[] {
  const settings: Record<string, Json> = {};
  let workload = '';
  const words = flags.split(' ');
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.slice(2);
    const value = words[i + 1]?.startsWith('--') === false ? words[++i]! : true;
    if (name === 'workload-spec') workload = String(value);
    else if (!REPORTING.includes(name)) settings[name.replaceAll('-', '_')] = isNumber(value) ? Number(value) : value;
  }
  const cluster = resolveStrategyConfig(settings);
  if (cluster.kind !== 'ready') throw new Error(cluster.reason);
  const spec = parseWorkload(parse(fixture(`blis/cluster/${workload}`).toString(), { intAsBigInt: true }));
  const generated = generateWorkload(spec);
  const events: EngineEvent[] = [];
  simulateCluster(
    { ...cluster.config, seed: 42, horizonUs: generated.horizonUs, traceDecisions: false, counterfactualK: 0 },
    generated,
    () => ({ record: (event) => events.push(event) }),
  );
  return events;
}

const isNumber = (value: string | boolean): value is string => typeof value === 'string' && /^[\d.]+$/.test(value);

describe('every decision of the reference is taken at the same time, on the same signals, with the same scores', () => {
  it.each(Object.keys(recorded))('%s', (name) => {
    const expected = recorded[name]!;
    const events = replay(expected.flags);
    const routes = events.flatMap((event) =>
      event.kind !== 'routing'
        ? []
        : [
            [
              event.atUs,
              event.request,
              event.instance,
              event.scores,
              event.instances.map((view) => [
                view.index,
                view.queueDepth,
                view.batchSize,
                view.kvUtilization,
                view.freeBlocks,
                view.inFlight,
              ]),
            ],
          ],
    );
    expect(routes.length).toBe(expected.routes.length);
    routes.forEach((route, i) => {
      expect(route, `route ${i}`).toEqual(expected.routes[i]);
    });
    const admissions = events.flatMap((event) =>
      event.kind === 'admission' ? [[event.atUs, event.request, event.admitted]] : [],
    );
    if (expected.dispatches.length === 0) expect(admissions).toEqual(expected.admissions);
    else
      expect(admissions.map(([at, request]) => [at, request])).toEqual(
        expected.admissions.map((one) => one.slice(0, 2)),
      );
    const dispatches = events.flatMap((event) =>
      event.kind === 'dispatch' ? [[event.atUs, event.request ?? '', event.saturation, event.waiting]] : [],
    );
    expect(dispatches).toEqual(expected.dispatches);
  });
});
