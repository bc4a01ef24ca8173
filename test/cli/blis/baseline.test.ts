import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTrace } from '../../../src/cli/blis/output.ts';
import { replayBlis } from '../../../src/cli/blis/replay.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { createClusterSimulator } from '../../../src/simulators/cluster/cluster-simulator.ts';
import { replayResults } from '../../../src/simulators/cluster/figures/request-records.ts';
import { resultTrace } from '../../../src/simulators/cluster/figures/result-trace.ts';
import { writeTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { generatedHeader } from '../../../src/simulators/workload/trace-header.ts';
import { fixture, flagsOf, metricsOf, readFixture, runBlis } from './golden.ts';

const TARGET = 'cases/03-target-roofline/workload.yaml';
const SEEDS = [42, 123, 456];
/** Means over the three seeds, measured with the reference. */
const BASELINE = { ttft_p99_ms: 1318.2843166666655, tokens_per_sec: 95498.24120509454, e2e_p99_ms: 3574.5250066666654 };
const CLUSTER = {
  model: 'meta-llama/llama-3.1-8b-instruct',
  hardware: 'H100',
  tp: 2,
  latency_model: 'roofline',
  total_kv_blocks: 132_139,
  kv_cpu_blocks: 44_046,
  num_instances: 8,
  scheduler: 'fcfs',
  routing_policy: 'weighted',
  routing_scorers: 'prefix-affinity:3,queue-depth:2,kv-utilization:2',
};

function means(runs: readonly Record<string, unknown>[]): Record<string, number> {
  return Object.fromEntries(
    Object.keys(BASELINE).map((key) => [key, runs.reduce((sum, run) => sum + (run[key] as number), 0) / runs.length]),
  );
}

describe('the target problem with 4,000 requests and 50 ms old snapshots', () => {
  const simulator = createClusterSimulator();
  const workload = parseYaml(readFixture(TARGET), TARGET).value;
  const runs = SEEDS.map((seed) => {
    const result = simulator.prepare({ config: CLUSTER, workload }).run({ seed, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    return result.metrics;
  });

  it('has the known baseline', () => {
    expect(means(runs)).toEqual(BASELINE);
    expect(runs.every((metrics) => metrics['completion_fraction'] === 1)).toBe(true);
  });

  it('gives a study and the command line the same figures', () => {
    const flags = Object.fromEntries(
      Object.entries(CLUSTER).map(([key, value]) => [key.replaceAll('_', '-'), String(value)]),
    );
    const run = runBlis({ ...flags, seed: '123', 'workload-spec': fixture(TARGET) });
    const { figures } = metricsOf(run);
    const shared = Object.keys(figures).filter((name) => runs[1]![name] !== undefined);
    expect(shared.length).toBeGreaterThan(14);
    for (const name of shared) expect(runs[1]![name], name).toBe(figures[name]);
  });
});

const SINGLE = JSON.parse(readFixture('single/commands.json')) as Record<string, string>;

describe('trace export', () => {
  it.each(Object.entries(SINGLE))('of run %s equals the file the reference wrote', (name, command) => {
    const run = runBlis(flagsOf(command, 'single'));
    const rows = resultTrace(run.result, run.config.horizonUs);
    expect(writeTraceCsv(rows).split('\n')).toEqual(readFixture(`single/${name}.csv.gz`).split('\n'));
  });
});

describe('paretune blis replay', () => {
  const flags = {
    model: 'qwen/qwen3-14b',
    'num-instances': '4',
    'routing-policy': 'weighted',
    'routing-scorers': 'prefix-affinity:3,queue-depth:2',
  };
  const run = runBlis({ ...flags, 'workload-spec': fixture('cluster/workload_3class.yaml') });
  const prefix = join(mkdtempSync(join(tmpdir(), 'blis-replay-')), 'trace');
  writeTrace(prefix, generatedHeader(run.source.seed), resultTrace(run.result, run.config.horizonUs));
  const traced = { ...flags, 'trace-header': `${prefix}.yaml`, 'trace-data': `${prefix}.csv` };

  it('of an exported open-loop run repeats every request of it', () => {
    const replay = replayBlis({ ...traced, horizon: '9223372036854775807' });
    expect(replayResults(replay.result)).toEqual(replayResults(run.result));
    expect(replayResults(replay.result).length).toBe(300);
    expect(replay.report.text()).toBe(run.report.text());
  });

  it('stops at twice the last arrival unless told otherwise', () => {
    const lastArrival = Math.max(...run.result.table.arrivalUs.subarray(0, 300));
    const replay = replayBlis(traced);
    expect(replay.report.headline.durationS).toBeLessThanOrEqual((2 * lastArrival) / 1e6);
    expect(replay.report.headline.completed).toBeLessThan(300);
  });

  it('exports what it replayed', () => {
    const replay = replayBlis({ ...traced, horizon: '9223372036854775807' });
    expect(writeTraceCsv(replay.rows())).toBe(readFileSync(`${prefix}.csv`, 'utf8'));
  });
});
