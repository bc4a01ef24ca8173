import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { resolveStrategyConfig } from '../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const CLUSTER = 'src/simulators/cluster/';
/** Types of a parameter that say which request a function is about. */
const ABOUT_A_REQUEST = new Set(['Row', 'RequestIndex', 'RoutedRequest']);

const PROFILES = [{}, { routing_scorers: 'prefix-affinity:3,queue-depth:2,kv-utilization:2' }];

/** Single-turn requests of two classes behind a router, with a shared prefix, on instances that are short of blocks. */
function simulate(profile: (typeof PROFILES)[number]): void {
  const cluster = resolveStrategyConfig({
    model: 'qwen/qwen3-14b',
    hardware: 'H100',
    tp: 1,
    latency_model: 'roofline',
    num_instances: 2,
    total_kv_blocks: 120,
    routing_policy: 'weighted',
    ...profile,
  });
  if (cluster.kind !== 'ready') throw new Error(cluster.reason);
  const client = {
    tenant_id: 't',
    arrival: { process: 'poisson' },
    input_distribution: { type: 'gaussian', params: { mean: 300, std_dev: 100, min: 100, max: 600 } },
    output_distribution: { type: 'exponential', params: { mean: 200 } },
    prefix_group: 'system',
    prefix_length: 64,
  };
  const workload = generateWorkload(
    parseWorkload({
      version: '2',
      seed: 1,
      aggregate_rate: 200,
      num_requests: 100,
      clients: [
        { ...client, id: 'a', slo_class: 'critical', rate_fraction: 0.5 },
        { ...client, id: 'b', slo_class: 'batch', rate_fraction: 0.5 },
      ],
    }),
  );
  const config = { ...cluster.config, seed: 1, horizonUs: Number.POSITIVE_INFINITY };
  const result = simulateCluster({ ...config, traceDecisions: false, counterfactualK: 0 }, workload);
  expect(result.completed).not.toContain(0);
  expect(result.instances.reduce((sum, one) => sum + one.preemptions, 0)).toBeGreaterThan(0);
}

/** Names of the functions that ran, by file of the cluster. */
function functionsThatRan(body: () => void): Map<string, Set<string>> {
  const session = new Session();
  session.connect();
  const ran = new Map<string, Set<string>>();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  body();
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error;
    for (const { url, functions } of coverage.result) {
      const at = url.indexOf(CLUSTER);
      if (at < 0) continue;
      const counted = functions.filter(({ ranges }) => ranges.some(({ count }) => count > 0));
      ran.set(url.slice(at).split('?')[0]!, new Set(counted.map(({ functionName }) => functionName)));
    }
  });
  session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  return ran;
}

/** Names of a file's functions that take the row or index of a request. */
function functionsAboutRequests(file: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node.parameters.some(({ type }) => type && ABOUT_A_REQUEST.has(type.getText()))) {
      const { parent } = node;
      const named =
        node.name ?? (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) ? parent.name : null);
      if (named) names.push(named.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(ROOT + file, 'utf8'), ts.ScriptTarget.ES2023, true));
  return names;
}

describe('the way of a single-turn request from arrival to its result row', () => {
  const ran = functionsThatRan(() => PROFILES.forEach(simulate));
  const files = [...ran].filter(([file, names]) => functionsAboutRequests(file).some((name) => names.has(name)));
  const way = files.map(([file]) => file).sort();

  it('leads through 20 files at most, of 300 lines at most', () => {
    expect(ran.size).toBeGreaterThan(30);
    expect(way.length).toBeLessThanOrEqual(20);
    const lines = way.map((file) => readFileSync(ROOT + file, 'utf8').split('\n').length - 1);
    expect(Math.max(...lines)).toBeLessThanOrEqual(300);
  });

  it('is listed in ARCHITECTURE.md, file by file', () => {
    const text = readFileSync(`${ROOT}ARCHITECTURE.md`, 'utf8');
    const section = /### The files of a single-turn request\n([\s\S]*?)\n##/.exec(text)?.[1] ?? '';
    const listed = [...section.matchAll(/^\| `([^`]+)` \| \S/gm)].map((match) => match[1]!);
    expect(listed.sort()).toEqual(way);
  });
});
