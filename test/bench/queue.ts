/**
 * What the queue costs, on this machine over loopback, with real worker processes and a PostgreSQL of its own.
 *   node --import tsx test/bench/queue.ts overhead | sleep | eager | capacity | memory
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluationSetups } from '../../src/study/evaluation.ts';
import { openQueueEvaluator } from '../../src/study/io/queue/queue-evaluator.ts';
import { PROGRAM, paretune } from '../support/command-line.ts';
import { PASSWORD, TestPostgres } from '../support/postgres.ts';
import { locationOf, queueOptions, tinyPlan } from '../support/queue-run.ts';

process.env['PGPASSWORD'] = PASSWORD;
const folder = mkdtempSync(join(tmpdir(), 'bench-queue-'));
const server = await TestPostgres.start();
const queue = ['--queue', server.url()];
const location = locationOf(server.url());

type Workers = readonly ChildProcess[];

/** @param program - the compiled one for its own coordinator, the sources for that of this process: a worker checks the code */
async function workers(count: number, program: readonly string[] = PROGRAM): Promise<Workers> {
  const args = [...program, 'worker', ...queue, '--workers', '1'];
  const started = Array.from({ length: count }, () =>
    spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  await Promise.all(started.map((worker) => new Promise((resolve) => worker.stderr.once('data', resolve))));
  return started;
}

const SOURCES = ['--import', 'tsx', 'src/cli/main.ts'];

async function stop(started: Workers): Promise<void> {
  const ends = started.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  for (const worker of started) worker.kill('SIGTERM');
  await Promise.all(ends);
}

/** CPU seconds so far of the processes whose command line holds `text`. */
function cpuOf(text: string): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text)) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has just ended.
    }
  }
  return ticks / 100;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** Evaluations of a millisecond through the port, `flight` at a time. @returns wall seconds */
async function tiny(
  name: string,
  count: number,
  flight: number,
  onDone: (done: number) => void = () => undefined,
): Promise<number> {
  const plan = await tinyPlan(name);
  const description = { name, plan: `${plan.hash} ${name}`, setups: evaluationSetups(plan), fresh: true };
  const evaluator = await openQueueEvaluator(queueOptions(location), description);
  const task = (seed: number) => ({ setup: 0, values: plan.baseline!, seed, trial: 0 });
  await Promise.all(Array.from({ length: flight }, (_, index) => evaluator.evaluate(task(10_000_000 + index))));
  const from = performance.now();
  let next = 0;
  let done = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const outcome = await evaluator.evaluate(task(next++));
      if (outcome.kind !== 'measured') throw new Error(JSON.stringify(outcome));
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: flight }, one));
  const seconds = (performance.now() - from) / 1000;
  await evaluator.close();
  return seconds;
}

function sleepStudy(name: string, pause: string, study: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    join(folder, `${name}-strategy.yaml`),
    `name: ${name}
simulator: command
config:
  command: "sleep ${pause}; echo '{\\"loss\\": \${x}}'"
  shell: true
  concurrency: 64
  metrics: {loss: {unit: "1", better: lower}}
parameters:
  - {name: x, type: real, low: 0.1, high: 2}
baseline: {x: 1}
`,
  );
  writeFileSync(file, `name: ${name}\nstrategy: ${name}-strategy.yaml\nobjectives: [{metric: loss}]\n${study}`);
  return file;
}

/** Wall seconds from the first proposal to the last result. */
async function timed(file: string, out: string): Promise<number> {
  const { code, stderr } = await paretune(['run', file, '--out', join(folder, out), '--quiet', ...queue]);
  if (code !== 0) throw new Error(stderr);
  const rows = readFileSync(join(folder, out, 'timings.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return rows.reduce((sum, row) => sum + (JSON.parse(row) as { wall_ms: number }).wall_ms, 0) / 1000;
}

async function overhead(): Promise<void> {
  const started = await workers(8, SOURCES);
  await tiny('warm', 200, 16);
  const before = { db: cpuOf('postgres: '), workers: cpuOf('paretune') };
  const seconds = await tiny('overhead', 1_000, 16);
  const db = (cpuOf('postgres: ') - before.db) / 1_000;
  console.log(
    `8 workers, tiny evaluations, 16 in flight: ${((1_000 * seconds) / 1_000).toFixed(2)} ms each (wall), database ${(1_000 * db).toFixed(2)} ms CPU each`,
  );
  const alone = await tiny('alone', 200, 1);
  console.log(`one at a time: ${((1_000 * alone) / 200).toFixed(2)} ms from question to answer`);
  await stop(started);
}

async function sleeping(): Promise<void> {
  const rates: number[] = [];
  for (const count of [1, 8]) {
    const started = await workers(count);
    const trials = 30 * count;
    const study = sleepStudy(
      `sleep${count}`,
      '0.5',
      `seeds: [1]\nbudget: {trials: ${trials}}\nbatch: ${trials}\nsampler: sobol\n`,
    );
    const seconds = await timed(study, `sleep${count}`);
    rates.push(trials / seconds);
    console.log(`${count} workers: ${(trials / seconds).toFixed(2)} evaluations/s`);
    await stop(started);
  }
  console.log(`8 workers at ${(rates[1]! / rates[0]!).toFixed(2)} times the rate of one`);
}

async function eager(): Promise<void> {
  const started = await workers(8);
  const seconds: Record<string, number> = {};
  for (const schedule of ['batch', 'eager']) {
    const rest = `seeds: [1]\nbudget: {trials: 80}\nbatch: 8\nsampler: sobol\nschedule: ${schedule}\nbaseline: {x: 1}\n`;
    seconds[schedule] = await timed(sleepStudy(schedule, '${x}', rest), schedule);
    console.log(`${schedule}: ${seconds[schedule]!.toFixed(1)} s for 80 evaluations of 0.1 to 2 s`);
  }
  console.log(`eager at ${(seconds['batch']! / seconds['eager']!).toFixed(2)} times the rate of batch`);
  await stop(started);
}

async function capacity(): Promise<void> {
  for (const count of [1, 2, 4, 8, 16]) {
    const started = await workers(count, SOURCES);
    await tiny(`warm${count}`, 20 * count, 4 * count);
    const db = cpuOf('postgres: ');
    const own = process.cpuUsage();
    const total = 400 * Math.min(4, count);
    const seconds = await tiny(`capacity${count}`, total, 4 * count);
    const used = process.cpuUsage(own);
    const ms = (value: number): string => ((1_000 * value) / total).toFixed(2);
    console.log(
      `${count} workers: ${(total / seconds).toFixed(0)} evaluations/s; CPU each: database ${ms(cpuOf('postgres: ') - db)} ms, coordinator ${ms((used.user + used.system) / 1e6)} ms`,
    );
    await stop(started);
  }
}

async function memory(): Promise<void> {
  const started = await workers(2, SOURCES);
  const pids = [process.pid, ...started.map(({ pid }) => pid!)];
  console.log('done, MB: coordinator, workers, jobs in the table');
  let pending: Promise<unknown> = Promise.resolve();
  await tiny('memory', 100_000, 64, (done) => {
    if (done % 10_000 !== 0) return;
    const sizes = pids.map((pid) => residentMb(pid).toFixed(0)).join(', ');
    pending = server
      .query<{ jobs: string }>(
        'SELECT (SELECT count(*) FROM paretune.job) + (SELECT count(*) FROM paretune.archive) AS jobs',
      )
      .then(([row]) => console.log(`${done}: ${sizes}, ${row!.jobs}`));
  });
  await pending;
  const [left] = await server.query<{ jobs: string; results: string }>(
    'SELECT (SELECT count(*) FROM paretune.job) AS jobs, (SELECT count(*) FROM paretune.result) AS results',
  );
  console.log(`at the end: ${left!.jobs} jobs, ${left!.results} results`);
  await stop(started);
}

const MODES: Readonly<Record<string, () => Promise<void>>> = { overhead, sleep: sleeping, eager, capacity, memory };
try {
  for (const mode of process.argv.slice(2)) await MODES[mode]!();
} finally {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}
