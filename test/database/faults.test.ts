import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeProblem, InputError } from '../../src/base/errors.ts';
import { evaluationSetups } from '../../src/study/evaluation.ts';
import { fetchJobs } from '../../src/study/io/queue/job-table.ts';
import { createQueue, drainQueue, probeQueue, purgeQueue, queueStatus } from '../../src/study/io/queue/queue-admin.ts';
import { openQueueEvaluator } from '../../src/study/io/queue/queue-evaluator.ts';
import type { QueueLocation } from '../../src/study/io/queue/queue-location.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { hasPostgres, PASSWORD, TestPostgres } from '../support/postgres.ts';
import { commandPlan, journalOf, locationOf, queueOptions, startWorkers, tinyPlan } from '../support/queue-run.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await met())) await pause(100);
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw new Error(`not refused: ${String(error)}`);
  return describeProblem(error);
}

const described = (plan: StudyPlan) => ({
  name: plan.name,
  plan: plan.hash,
  setups: evaluationSetups(plan),
  fresh: true,
});

describe.skipIf(!hasPostgres())('trouble of a queue', () => {
  let server: TestPostgres;
  let location: QueueLocation;

  beforeAll(async () => {
    server = await TestPostgres.start(['fsync=off']);
    location = locationOf(server.url());
  });

  afterAll(async () => {
    await server.remove();
  });

  test('that nobody can wait for is told in one line without a password', async () => {
    const wrong = { ...location, connectionString: location.connectionString.replace('owner@', 'owner:s3cret@') };
    expect(await refusalOf(probeQueue(wrong, () => undefined))).toMatch(
      /^the queue at \S+ refuses the password; set PGPASSWORD/,
    );
    const nowhere = { ...location, connectionString: location.connectionString.replace('/queue', '/nowhere') };
    expect(await refusalOf(queueStatus(nowhere))).toMatch(/no such database/);
    expect(await refusalOf(queueStatus(locationOf('postgres://owner@127.0.0.1:9/queue')))).toMatch(
      /^no queue at 127\.0\.0\.1:9\/queue: the database cannot be reached \(ECONNREFUSED\)/,
    );
    expect(await refusalOf(queueStatus(locationOf(server.url('owner', '?sslmode=verify-full'))))).toMatch(
      /no TLS connection/,
    );
    expect(await refusalOf(queueStatus(locationOf(server.url('owner', '?schema=empty'))))).toMatch(
      /^the schema empty at \S+ holds no queue of paretune; .*queue create/,
    );
  });

  test('of another version is told by coordinator and worker', async () => {
    const old = locationOf(server.url('owner', '?schema=old'));
    expect(await createQueue(old)).toBe('created');
    expect(await createQueue(old)).toBe('present');
    await server.query('UPDATE old.format SET version = 99');
    expect(await refusalOf(probeQueue(old, () => undefined))).toMatch(
      /tables of format 99, and this version of paretune needs 1/,
    );
    const fleet = startWorkers(old, 1);
    await until(() => fleet.said.length > 0);
    expect(fleet.said[0]).toMatch(/format 99/);
  });

  test('a worker that comes first waits for the tables', async () => {
    const late = locationOf(server.url('owner', '?schema=late'));
    const fleet = startWorkers(late, 1);
    await until(() => fleet.said.length > 0);
    expect(fleet.said).toEqual([
      expect.stringMatching(/the schema late at \S+ holds no queue yet; waiting for a coordinator/),
    ]);
    const plan = await tinyPlan('late', { budget: { trials: 2 } });
    await journalOf(plan, { queue: queueOptions(late) });
    expect(await fleet.stop()).toBe(4);
  });

  test('a worker of another program or with other policies leaves a study to others, by name', async () => {
    const plan = await tinyPlan('mismatch', { budget: { trials: 2 } });
    const said: string[] = [];
    const evaluator = await openQueueEvaluator(queueOptions(location, said), described(plan));
    const task = { setup: 0, values: plan.baseline!, seed: 1, trial: 0 };
    await server.query(
      `UPDATE paretune.study SET program = jsonb_set(program, '{code}', '"other"'), policies = '{"mine.ts": "0"}'`,
    );
    const fleet = startWorkers(location, 1);
    const outcome = evaluator.evaluate(task);
    await until(() => fleet.said.length > 0 && said.some((line) => line.includes('no worker evaluates')));
    expect(fleet.said[0]).toMatch(
      /study mismatch is left to other workers: its coordinator runs other code of paretune \S+; the policy module mine.ts is not here/,
    );
    expect((await queueStatus(location)).studies.find(({ name }) => name === 'mismatch')).toMatchObject({
      waiting: 1,
      active: 0,
    });
    await fleet.stop();
    await evaluator.close();
    expect((await outcome).kind).toBe('failed');
    expect(await purgeQueue(location, { days: 0, study: 'mismatch' })).toBe(1);
  });

  test('two coordinators of one study: the second one is refused, the first one goes on', async () => {
    const plan = await tinyPlan('twice', { budget: { trials: 2 } });
    const first = await openQueueEvaluator(queueOptions(location), described(plan));
    expect(await refusalOf(openQueueEvaluator(queueOptions(location), described(plan)))).toMatch(
      /^study "twice" is coordinated by another process on this queue/,
    );
    const fleet = startWorkers(location, 1);
    expect(await first.evaluate({ setup: 0, values: plan.baseline!, seed: 1, trial: 0 })).toMatchObject({
      kind: 'measured',
    });
    await first.close();
    await fleet.stop();
  });

  test('lost connections come back, and nothing is lost', async () => {
    const plan = await tinyPlan('cut', { budget: { trials: 40 } });
    const said: string[] = [];
    const fleet = startWorkers(location, 1);
    let outage = Promise.resolve();
    const cut = (count: number): void => {
      if (count === 30) {
        outage = server
          .down()
          .then(() => pause(500))
          .then(() => server.up());
      }
      if (count % 25 !== 20) return;
      void server
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'paretune%' AND datname = 'queue'`,
        )
        .catch(() => undefined);
    };
    const there = await journalOf(plan, { queue: queueOptions(location, said), onEntry: cut });
    await outage;
    await fleet.stop();
    expect(there).toEqual(await journalOf(plan));
    expect(said.filter((line) => line.startsWith('waiting for the queue')).length).toBeGreaterThan(0);
    expect(said.at(-1)).toBe('the queue answers again');
  });

  test('an evaluation that no worker survives is a failed trial, after so many tries', async () => {
    const plan = await tinyPlan('poison', { budget: { trials: 1 } });
    const evaluator = await openQueueEvaluator(queueOptions(location, [], 1), described(plan));
    const outcome = evaluator.evaluate({ setup: 0, values: plan.baseline!, seed: 1, trial: 0 });
    const client = new pg.Client({ connectionString: location.connectionString, password: PASSWORD });
    await client.connect();
    const [{ id }] = (await client.query(`SELECT id FROM paretune.study WHERE name = 'poison'`)).rows as [
      { id: string },
    ];
    await until(async () => (await fetchJobs(client, 'paretune', `study-${id}`, 1)).length === 1);
    await client.end();
    expect(await outcome).toEqual({
      kind: 'failed',
      message: expect.stringMatching(/no worker came through it in 1 try/),
    });
    await evaluator.close();
  });

  test('a drained queue gives no jobs until it may again; a worker that is told to go gives back what it has not finished', async () => {
    const plan = await commandPlan('drained', 'if [ -e "$HOLD" ]; then sleep 60; fi; echo "{\\"loss\\": $X}"');
    const hold = mkdtempSync(join(tmpdir(), 'hold-'));
    process.env['HOLD'] = hold;
    const evaluator = await openQueueEvaluator(queueOptions(location), described(plan));
    expect(await drainQueue(location, { draining: true, waitMs: 0 })).toBe(0);
    const outcome = evaluator.evaluate({ setup: 0, values: plan.baseline!, seed: 1, trial: 0 });
    const first = startWorkers(location, 1, { drainMs: 0 });
    await pause(2_500);
    const waiting = async () => (await queueStatus(location)).studies.find(({ name }) => name === 'drained')!;
    expect(await waiting()).toMatchObject({ waiting: 1, active: 0 });
    await drainQueue(location, { draining: false, waitMs: 0 });
    await until(async () => (await waiting()).active === 1);
    expect(await first.stop()).toBe(0);
    expect(await waiting()).toMatchObject({ waiting: 1, active: 0, retried: 0 });
    rmSync(hold, { recursive: true });
    const second = startWorkers(location, 1);
    expect(await outcome).toMatchObject({ kind: 'measured', metrics: { loss: 3 } });
    await evaluator.close();
    expect(await second.stop()).toBe(1);
  });
});

/** A small disk of its own, where the machine lets us have one. */
function smallDisk(megabytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    console.warn('no small disk can be mounted here: the test with a full disk is left out');
    return null;
  }
}

function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(1 << 16);
  try {
    while (true) writeSync(descriptor, block);
  } catch {
    closeSync(descriptor);
  }
}

describe.skipIf(!hasPostgres())('a full disk', () => {
  const disk = hasPostgres() ? smallDisk(160) : null;

  test.skipIf(disk === null)('is waited for, and the study ends as if there had been room', async () => {
    const server = await TestPostgres.start(['max_wal_size=48MB', 'min_wal_size=32MB'], disk!);
    const location = locationOf(server.url());
    const plan = await tinyPlan('full', { budget: { trials: 150 }, batch: 50 });
    const said: string[] = [];
    const fleet = startWorkers(location, 1);
    const ballast = join(disk!, 'ballast');
    const there = journalOf(plan, {
      queue: queueOptions(location, said),
      onEntry: (count) => {
        if (count === 60) fill(ballast);
      },
    });
    const full = () =>
      [...said, ...fleet.said].some((line) => /disk of the database is full|stopping or starting/.test(line));
    await until(full);
    rmSync(ballast);
    if ([...said, ...fleet.said].some((line) => /ECONNREFUSED/.test(line))) await server.up();
    expect(await there).toEqual(await journalOf(plan));
    await fleet.stop();
    await server.remove().catch(() => undefined);
    execFileSync('umount', [disk!]);
  });
});
