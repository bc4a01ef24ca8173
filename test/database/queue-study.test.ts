import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAnywhere } from '../../src/study/io/open-evaluator.ts';
import { queueStatus } from '../../src/study/io/queue/queue-admin.ts';
import type { QueueLocation } from '../../src/study/io/queue/queue-location.ts';
import { hasPostgres, TestPostgres } from '../support/postgres.ts';
import {
  commandPlan,
  type Fleet,
  journalOf,
  locationOf,
  queueOptions,
  startWorkers,
  tinyPlan,
} from '../support/queue-run.ts';

describe.skipIf(!hasPostgres())('a study on a queue', () => {
  let server: TestPostgres;
  let location: QueueLocation;
  let fleet: Fleet;

  beforeAll(async () => {
    server = await TestPostgres.start(['fsync=off']);
    location = locationOf(server.url());
    fleet = startWorkers(location, 2);
  });

  afterAll(async () => {
    await fleet.stop();
    await server.remove();
  });

  test.each([
    ['validation', { seeds: [1, 2, 3], validation: { seeds: [11, 12], points: 2 } }],
    ['several workloads', { vary: { mode: ['joint', 'independent'] } }],
  ])('ends in the journal that it has here: %s', async (name, study) => {
    const plan = await tinyPlan(name.replaceAll(' ', '-'), study);
    expect(await journalOf(plan, { queue: queueOptions(location) })).toEqual(await journalOf(plan));
  });

  test('records each result once, by trial, seed, workload and horizon, and forgets the jobs', async () => {
    const plan = await tinyPlan('counted');
    await journalOf(plan, { queue: queueOptions(location) });
    const rows = await server.query<{ trial: number; seed: string }>(
      `SELECT trial, seed FROM paretune.result WHERE study = (SELECT id FROM paretune.study WHERE name = 'counted')`,
    );
    expect(rows.length).toBe(24);
    expect(new Set(rows.map(({ trial, seed }) => `${trial} ${seed}`)).size).toBe(24);
    const { studies } = await queueStatus(location);
    expect(studies.find(({ name }) => name === 'counted')).toMatchObject({
      state: 'ended',
      results: 24,
      waiting: 0,
      active: 0,
    });
  });

  test('measures anew when it begins anew, so that figures of an earlier run are never taken for its own', async () => {
    const plan = await commandPlan('anew', 'echo "{\\"loss\\": $(date +%N | sed s/^0*//)}"');
    const first = await journalOf(plan, { queue: queueOptions(location) });
    const second = await journalOf(plan, { queue: queueOptions(location) });
    expect(second.length).toBe(first.length);
    expect(second).not.toEqual(first);
  });

  test('is evaluated in the order of its trials, at most so many at once as its strategy allows', async () => {
    const plan = await commandPlan('ordered', 'sleep 0.02; echo "{\\"loss\\": $X}"', {
      budget: { trials: 12 },
      batch: 12,
    });
    await journalOf(plan, { queue: queueOptions(location) });
    const rows = await server.query<{ trial: number }>(
      `SELECT trial FROM paretune.result WHERE study = (SELECT id FROM paretune.study WHERE name = 'ordered') ORDER BY recorded_on`,
    );
    const late = rows.filter(({ trial }, index) => Math.abs(trial - index) > 4);
    expect(rows.length).toBe(12);
    expect(late).toEqual([]);
  });

  test('of an experiment has arms and seeds, and no trials', async () => {
    const plan = await tinyPlan('arms');
    const setups = [{ ...plan, policies: [] }] as never;
    const description = { name: 'arms', plan: 'arms', setups, fresh: true };
    const evaluator = await openAnywhere(description, { workers: 1, queue: queueOptions(location) });
    const task = { setup: 0, values: plan.baseline!, seed: 4 };
    const [first, second] = await Promise.all([evaluator.evaluate(task), evaluator.evaluate({ ...task, seed: 5 })]);
    await evaluator.close();
    expect([first.kind, second.kind]).toEqual(['measured', 'measured']);
  });
});
