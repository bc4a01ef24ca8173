import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { tinyBert, writeTinyBert } from '../companions/cloud-edge/tiny-bert.ts';
import { commandHere } from '../support/command-here.ts';
import { paretune, temporaryFolder } from '../support/command-line.ts';
import { dataOf } from '../support/json-output.ts';
import { CompletionServer } from './cloud-edge/support.ts';

/**
 * The command lines of the four programs that the companions follow, as their documents print them. Only the program
 * in front differs, and paths lie below one folder, which looks as the documents assume.
 */
const ROOT = new URL('../../', import.meta.url).pathname;
const home = process.cwd();
const folder = temporaryFolder();

beforeAll(() => {
  cpSync(join(ROOT, 'studies/kvsched/scenarios'), join(folder, 'configs/scenarios'), { recursive: true });
  mkdirSync(join(folder, 'deploy/config'), { recursive: true });
  cpSync(join(ROOT, 'studies/pd-slo/endpoint-picker.yaml'), join(folder, 'deploy/config/pd-slo-epp-config.yaml'));
  cpSync(
    join(ROOT, 'test/fixtures/cloud-edge/dataset--tatsu-lab--alpaca'),
    join(folder, 'dataset--tatsu-lab--alpaca'),
    {
      recursive: true,
    },
  );
  process.chdir(folder);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAMS = [
  ['python -m kvsched.cli ', 'kvsched '],
  ['python extend_llm_gpu_schedule/scripts/test_simplified.py', 'gpu-jobs test'],
  ['python extend_llm_gpu_schedule/scripts/run_simplified_experiments.py ', 'gpu-jobs run '],
] as const;

/** Runs a line of a document. */
function asWritten(line: string): ReturnType<typeof commandHere> {
  const [program, ours] = PROGRAMS.find(([start]) => line.startsWith(start))!;
  return commandHere(...(ours + line.slice(program.length)).split(/[\s\\]+/).filter((word) => word !== ''));
}

const pictures = (): string[] => readdirSync('results/figures').filter((name) => /\.(svg|png)$/.test(name));

describe('KV-aware scheduling', () => {
  test('help and one run', async () => {
    // Help is printed by yargs itself, in a process of its own.
    const help = await paretune(['kvsched', '--help']);
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('compare-modes')]);
    const line =
      'python -m kvsched.cli run --scenario configs/scenarios/S2_edge_cloud.yaml --scheduler kv_heuristic ' +
      '--ticks 1000 --seed 0 --out results/raw/S2_edge_cloud';
    for (let again = 0; again < 2; again++) {
      const { code, stdout } = await asWritten(line);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^p99_ms +\d/m);
    }
  });

  test.each([
    'python -m kvsched.cli batch --scenarios configs/scenarios/ --schedulers kv_heuristic,load_only,kv_only --seeds 0,1,2 --ticks 1000 --out results/raw --index results/aggregated/index.csv --no-plots',
    'python -m kvsched.cli batch --scenarios configs/scenarios/ --schedulers kv_heuristic,load_only,kv_only,random --seeds 0,1,2 --ticks 1000 --no-plots',
  ])('%s', async (line) => {
    // The pictures of a whole batch are drawn in test/long; here they would take most of the time.
    const { code, stdout, stderr } = await asWritten(line);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/(\d+) of \1 runs in results\/aggregated\/index\.csv/)]);
    expect(stdout).not.toContain('[ERROR]');
  });

  test('links are checked, and the report written', async () => {
    const line =
      'python -m kvsched.cli lint-network --scenarios configs/scenarios/ --require-bidirectional --json results/lint_report.json';
    expect((await asWritten(line)).code).toBe(1);
    expect(JSON.parse(readFileSync('results/lint_report.json', 'utf8'))).toMatchObject({ ok: false });
  });

  test('relaxed and strict batches are compared in pictures', async () => {
    const batch = 'python -m kvsched.cli batch --scenarios configs/scenarios/ --schedulers kv_heuristic --seeds 0,1,2';
    const relaxed = await asWritten(`${batch} --index results/relaxed/index.csv --no-plots`);
    const strict = await asWritten(`${batch} --strict-network --index results/strict/index.csv --no-plots`);
    expect([relaxed.code, strict.code]).toEqual([0, 0]);
    const line =
      'python -m kvsched.cli compare-modes --relaxed results/relaxed/index.csv --strict results/strict/index.csv --out results/figures';
    const { code, stdout } = await asWritten(line);
    expect(code).toBe(0);
    // The shipped scenarios agree, except for the one with missing links.
    expect(stdout).toMatch(/^S7_missing_links {2}kv_heuristic\|pf0\|ov0 {2}p99 \+\d/m);
    expect(stdout).toMatch(/^strict and relaxed agree in all figures: S1_cloud, /m);
    for (const name of ['delta_p99_total', 'delta_p99_decode', 'delta_migration_bytes']) {
      expect(pictures()).toEqual(expect.arrayContaining([`${name}.svg`, `${name}.png`]));
    }
  });
});

describe('KV-aware scheduling, later commands', () => {
  test('latencies are tabled, filled in and fitted', async () => {
    expect((await asWritten('python -m kvsched.cli microbench --out results/microbench.csv')).code).toBe(0);
    const table = readFileSync('results/microbench.csv', 'utf8');
    const filled = table.replace(
      /,(\d+),(\d+),$/gm,
      (_, tokens, batch) => `,${tokens},${batch},${1 + tokens / 500 + batch / 100}`,
    );
    writeFileSync('results/microbench.csv', filled);
    const fit =
      'python -m kvsched.cli fit-latency --in results/microbench.csv --out configs/latency/fitted_gpu_profiles.yaml';
    expect((await asWritten(fit)).code).toBe(0);
    expect(readFileSync('configs/latency/fitted_gpu_profiles.yaml', 'utf8')).toMatch(
      /^RTX6000_ADA_48GB:\n {2}alpha_ms: /,
    );
  });

  test('topologies are tabled', async () => {
    const line =
      'python -m kvsched.cli topology-table --scenarios configs/scenarios/ --out results/topology.tex --format latex';
    expect((await asWritten(line)).code).toBe(0);
    expect(readFileSync('results/topology.tex', 'utf8')).toContain('\\begin{tabular}');
  });
});

describe('request schedulers on edge and cloud', () => {
  test('datasets of a model, from the Parquet files of the prompts', async () => {
    const server = new CompletionServer();
    const address = await server.listen();
    try {
      const settings = ['--prompts', 'dataset--tatsu-lab--alpaca', '--model', 'Qwen2.5-3B=/models/Qwen2.5-3B'];
      const { code } = await commandHere('cloud-edge', 'build-dataset', ...settings, '--server', address, '--quiet');
      expect(code).toBe(0);
      expect(existsSync('inference_results/inference_data_Qwen2_5-3B.jsonl')).toBe(true);
    } finally {
      await server.close();
    }
  });

  test.each([
    ['llm_scheduler_core', 'static', 2],
    ['llm_scheduler_timeseries', 'time-series', 3],
    ['llm_scheduler_continuous', 'continuous', 3],
  ])('overrides of %s, ten epochs', async (_program, mode, files) => {
    vi.stubEnv('HF_HOME', join(folder, 'hf'));
    writeTinyBert(join(folder, 'hf/hub/models--bert-base-uncased/snapshots/1'), tinyBert(1));
    await commandHere('cloud-edge', 'build-dataset', '--synthetic', '40', '--name', 'Qwen2.5-3B', '--quiet');
    const override = {
      dataset_path: join(folder, 'inference_results/inference_data_Qwen2_5-3B.jsonl'),
      bert_model_name: 'bert-base-uncased',
      simulation_duration: 7200,
      log_level: 'INFO',
    };
    writeFileSync('override.json', JSON.stringify(override));
    // Two hours of simulated time take minutes; test/long has them.
    const shorter = ['--duration', '20', '--out', mode];
    const argv = ['cloud-edge', 'run', '--config', 'override.json', '--mode', mode, '--epochs', '10', ...shorter];
    const { code, stdout } = await commandHere(...argv, '--quiet', '--json');
    expect(code).toBe(0);
    const { runs } = dataOf(stdout);
    expect(new Set(runs.map(({ epoch }: { epoch: number }) => epoch)).size).toBe(10);
    expect(runs[0].summary.total_completed_requests).toBeGreaterThan(20);
    expect(readdirSync(mode).filter((name) => name.endsWith('.csv'))).toHaveLength(files);
  });
});

describe('LLM jobs on GPU clusters', () => {
  test('the quick test prints the published report', async () => {
    const { code, stdout } = await asWritten('python extend_llm_gpu_schedule/scripts/test_simplified.py');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^FIFO +336\.400 +2\.402 +20$/m);
    expect(stdout).toMatch(/^WSRPT +108\.040 +1\.802 +20$/m);
    expect(stdout).toContain('  Improvement: 67.9%');
  });

  test('the experiment with all its options, twice into one file', async () => {
    const line = `python extend_llm_gpu_schedule/scripts/run_simplified_experiments.py \\
    --workload discriminating \\
    --cluster h100_16gpu \\
    --dt 0.01 \\
    --max-time 5.0 \\
    --algorithms FIFO WeightedFIFO SRPT WSRPT \\
    --output results/llm_experiments/my_experiment.json`;
    expect((await asWritten(line)).code).toBe(0);
    expect((await asWritten(line)).code).toBe(0);
    const results = JSON.parse(readFileSync('results/llm_experiments/my_experiment.json', 'utf8'));
    expect(results['discriminating_FIFO']).toMatchObject({ completed_count: 20, total_count: 20 });
    expect(results['discriminating_WeightedFIFO'].weighted_waiting_time).toBeCloseTo(108.04, 9);
  });
});

describe('pairs of prefill and decode pods', () => {
  test('the deployed configuration is simulated', async () => {
    const { code, stdout } = await commandHere(
      ...['pd-slo', 'run', '--config', 'deploy/config/pd-slo-epp-config.yaml', '--requests', '300'],
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('joint, informed predictor, 3 × 3 pods')]);
  });

  test('a request with the headers of the example is explained', async () => {
    const classes = [{ name: 'curl', share: 1, headers: { 'x-slo-ttft-ms': '500', 'x-slo-tpot-ms': '20' } }];
    writeFileSync('request.yaml', JSON.stringify({ workload: { requests: 20, classes } }));
    const { code, stdout } = await commandHere('pd-slo', 'explain', '--config', 'request.yaml', '--json');
    expect(code).toBe(0);
    expect(dataOf(stdout)).toMatchObject({ ttftTargetMs: 500, tpotTargetMs: 20, kind: 'prefill-decode' });
  });

  test('metrics carry the published names', async () => {
    const { code, stdout } = await commandHere('pd-slo', 'metrics', '--requests', '200');
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => line.includes('pd_slo'));
    for (const name of [
      'llm_d_inference_scheduler_pd_slo_pair_selections_total{outcome="positive_headroom"} ',
      'llm_d_inference_scheduler_pd_slo_predictor_calls_total{predictor="prefill-ttft",status="success"} ',
      'llm_d_inference_scheduler_pd_slo_predictor_calls_total{predictor="decode-tpot",status="error"} ',
      'llm_d_inference_scheduler_pd_slo_pairs_evaluated_total ',
    ]) {
      expect(lines.some((line) => line.startsWith(name))).toBe(true);
    }
  });
});
