import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../src/base/json.ts';
import { createClusterSimulator } from '../../src/simulators/cluster/cluster-simulator.ts';
import { targetWorkload } from './workload.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

const TARGET: { readonly [key: string]: Json } = {
  model: 'meta-llama/llama-3.1-8b-instruct',
  hardware: 'H100',
  tp: 2,
  latency_model: 'roofline',
  num_instances: 8,
  total_kv_blocks: 132139,
  routing_policy: 'weighted',
  routing_scorers: 'prefix-affinity:3,queue-depth:2,kv-utilization:2',
  snapshot_refresh_interval: 0,
};

const VARIANTS: Readonly<Record<string, { readonly [key: string]: Json }>> = {
  'GPU only': {},
  'tiered KV': { kv_cpu_blocks: 44046 },
  'trained-physics': { latency_model: 'trained-physics' },
  'tiered KV, stale snapshots': { kv_cpu_blocks: 44046, snapshot_refresh_interval: 50000 },
};

/** Reference figures of the Go program for the same workload, user CPU on a quiet 2-core machine. */
const GO_SECONDS: Readonly<Record<number, number>> = { 4000: 1.3, 20000: 11, 40000: 53 };

interface Sample {
  readonly cpu: number;
  readonly rssMb: number;
}

/** Prints warm and cold figures of the cluster simulator, each as a ratio to the first variant of the same run. */
export async function main(): Promise<void> {
  warm();
  scaling();
  cold();
}

function warm(): void {
  const simulator = createClusterSimulator();
  const workload = targetWorkload(20_000) as Json;
  const prepared = Object.entries(VARIANTS).map(([name, change]) => ({
    name,
    run: simulator.prepare({ config: { ...TARGET, ...change }, workload }).run,
    best: Number.POSITIVE_INFINITY,
  }));
  for (let round = 0; round < 7; round++) {
    for (const variant of prepared) {
      const cpu = cpuSeconds(() => variant.run({ seed: 42, fidelity: 1 }));
      variant.best = Math.min(variant.best, cpu);
    }
  }
  const base = prepared[0]!.best;
  for (const { name, best } of prepared) {
    console.log(
      `cluster warm, 20,000 requests, ${name}: ${best.toFixed(3)} s CPU, ${(best / base).toFixed(2)} × GPU only, ` +
        `1/${Math.round(GO_SECONDS[20000]! / best)} of the Go program's recorded ${GO_SECONDS[20000]} s`,
    );
  }
}

/** Time and memory per request must not grow. */
function scaling(): void {
  const times: number[] = [];
  for (const count of [100_000, 1_000_000]) {
    const simulator = createClusterSimulator();
    const { run } = simulator.prepare({ config: TARGET, workload: targetWorkload(count) as Json });
    times.push(cpuSeconds(() => run({ seed: 42, fidelity: 1 })));
  }
  console.log(
    `cluster scaling: 1,000,000 requests ${times[1]!.toFixed(2)} s, ${(times[1]! / times[0]!).toFixed(1)} × 100,000`,
  );
}

function cpuSeconds(body: () => void): number {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** The whole process of `paretune blis run`, as a user starts it. */
function cold(): void {
  const folder = mkdtempSync(join(tmpdir(), 'paretune-bench-'));
  try {
    for (const count of [4_000, 20_000, 40_000]) {
      const file = join(folder, `${count}.yaml`);
      writeFileSync(file, JSON.stringify(targetWorkload(count)));
      const samples = Array.from({ length: 5 }, () => coldRun(file));
      const cpu = median(samples.map((sample) => sample.cpu));
      const go = GO_SECONDS[count]!;
      console.log(
        `cluster cold, ${count} requests: ${cpu.toFixed(2)} s CPU, ${median(samples.map(({ rssMb }) => rssMb)).toFixed(0)} MB, ` +
          `1/${(go / cpu).toFixed(0)} of the Go program's recorded ${go} s`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function coldRun(workload: string): Sample {
  const flags = Object.entries(TARGET).flatMap(([key, value]) => [`--${key.replaceAll('_', '-')}`, String(value)]);
  const script = [join(ROOT, 'dist/src/cli/main.js'), 'blis', 'run', ...flags, '--workload-spec', workload];
  const { stderr, status } = spawnSync(process.execPath, ['--import', probe(), ...script], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const match = /(\S+) (\S+)\n$/.exec(stderr);
  if (status !== 0 || match === null) throw new Error(`blis run failed: ${stderr}`);
  return { cpu: Number(match[1]), rssMb: Number(match[2]) };
}

/**
 * Prints CPU seconds and peak memory of the process on its way out. The peak is that of the address space, which
 * starts with the program; `maxRSS` is handed down from the parent and would show the size of this benchmark.
 */
function probe(): string {
  const body =
    "import{readFileSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();" +
    "const peak=/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))?.[1];" +
    'process.stderr.write(`${(user+system)/1e6} ${Number(peak??NaN)/1024}\\n`)})';
  return `data:text/javascript,${encodeURIComponent(body)}`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (process.argv[1] === import.meta.filename) await main();
