import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeProblem, type InputError } from '../../src/base/errors.ts';
import { createQueue, drainQueue } from '../../src/study/io/queue/queue-admin.ts';
import { hasPostgres, PASSWORD, TestPostgres } from '../support/postgres.ts';
import { journalOf, locationOf, queueOptions, startWorkers, tinyPlan } from '../support/queue-run.ts';

/** What docs/scale-out.md tells an administrator to do, before and after the tables are there. */
const [before, after] = [...readFileSync('docs/scale-out.md', 'utf8').matchAll(/```sql\n(.*?)```/gs)].map(
  ([, sql]) => sql!,
);

describe.skipIf(!hasPostgres())('the roles of the documentation', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await TestPostgres.start(['fsync=off']);
  });

  afterAll(async () => {
    await server.remove();
  });

  test('are enough for a study, and a worker can write no study and drain no queue', async () => {
    const coordinator = locationOf(server.url('paretune_coordinator'));
    const worker = locationOf(server.url('paretune_worker'));
    await server.query(before!.replaceAll('DATABASE paretune', 'DATABASE queue'));
    for (const role of ['coordinator', 'worker'])
      await server.query(`ALTER ROLE paretune_${role} PASSWORD '${PASSWORD}'`);
    expect(await createQueue(coordinator)).toBe('created');
    await server.query(after!);
    const fleet = startWorkers(worker, 1);
    const plan = await tinyPlan('roles', { budget: { trials: 4 } });
    expect((await journalOf(plan, { queue: queueOptions(coordinator) })).length).toBe(10);
    expect(await fleet.stop()).toBe(8);
    expect(fleet.said).toEqual(['evaluating for study roles']);
    const refused = await drainQueue(worker, { draining: true, waitMs: 0 }).catch((error: unknown) => error);
    expect(describeProblem(refused as InputError)).toMatch(/the role may not do this .*docs\/scale-out\.md/);
    const rights = await server.query<{ table_name: string; privilege_type: string }>(
      `SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'paretune_worker'`,
    );
    expect(rights.filter(({ privilege_type: right }) => right === 'DELETE' || right === 'TRUNCATE')).toEqual([]);
    expect(rights.filter(({ table_name: table }) => table === 'study').map((one) => one.privilege_type)).toEqual([
      'SELECT',
    ]);
  });
});
