import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paretune, startParetune } from '../../support/command-line.ts';
import { WorkerProcesses } from '../../support/paretune-fleet.ts';
import { hasPostgres, PASSWORD, TestPostgres } from '../../support/postgres.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

const STUDY = `
name: chaos
strategy: ${ROOT}strategies/llm-d-weighted.yaml
space: ${ROOT}search-spaces/llm-d-weighted.yaml
workload: ${ROOT}studies/workloads/orthogonal-slo.yaml
workload_overrides: {num_requests: 300}
objectives: [{metric: ttft_p99_ms}, {metric: tokens_per_sec}]
seeds: [1, 2, 3, 4]
budget: {trials: 100}
batch: 10
sampler: sobol
`;

const lines = (file: string): number => readFileSync(file, 'utf8').split('\n').length - 1;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!hasPostgres())('whatever is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queue-chaos-'));
  const study = join(folder, 'study.yaml');
  let server: TestPostgres;
  let workers: WorkerProcesses | null = null;

  beforeAll(async () => {
    process.env['PGPASSWORD'] = PASSWORD;
    server = await TestPostgres.start();
    writeFileSync(study, STUDY);
  });

  afterAll(async () => {
    await workers?.stop('SIGKILL');
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('of 400 evaluations each result is recorded once, and the journal is the one without a queue', async () => {
    const here = join(folder, 'here');
    const there = join(folder, 'there');
    expect(await paretune(['run', study, '--out', here, '--quiet'])).toMatchObject({ code: 0 });
    const queue = ['--queue', server.url()];
    workers = new WorkerProcesses([...queue, '--workers', '1'], 4);
    let recorded = 0;
    const killer = setInterval(() => {
      // On a machine so slow that a worker gets nothing done in 2 s, all of them would be killed for ever.
      const count = server.query<{ count: number }>('SELECT count(*)::int AS count FROM paretune.result');
      void count.then(
        ([row]) => {
          if (row!.count === recorded) return;
          recorded = row!.count;
          workers!.kill();
        },
        () => undefined,
      );
    }, 2_000);
    const first = startParetune(['run', study, '--out', there, '--quiet', ...queue]);
    while (!grown(there, 60)) await pause(100);
    first.process.kill('SIGKILL');
    await first.finished;
    const second = startParetune(['resume', there, '--quiet', ...queue]);
    while (!grown(there, 120)) await pause(100);
    await server.down('immediate');
    await pause(1_500);
    await server.up();
    const { code, stderr } = await second.finished;
    clearInterval(killer);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/waiting for the queue at .*\n.*answers again/);
    expect(readFileSync(join(there, 'journal.jsonl'), 'utf8')).toBe(readFileSync(join(here, 'journal.jsonl'), 'utf8'));
    const [counts] = await server.query<{ all: string; single: string }>(
      `SELECT count(*) AS all, count(DISTINCT (trial, seed, regime, fidelity)) AS single FROM paretune.result`,
    );
    expect(counts).toEqual({ all: '400', single: '400' });
    expect(workers.kills).toBeGreaterThan(2);
    expect(await workers.stop()).toEqual([0, 0, 0, 0]);
    workers = null;
  }, 300_000);

  const grown = (run: string, least: number): boolean => {
    try {
      return lines(join(run, 'journal.jsonl')) >= least;
    } catch {
      return false;
    }
  };
});
