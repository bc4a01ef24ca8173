import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { Database, type DatabaseOptions } from './database.ts';
import { queueName } from './job-table.ts';
import type { QueueLocation } from './queue-location.ts';
import { createTables, requireTables } from './queue-tables.ts';
import { removeStudies } from './study-record.ts';
import { liveWorkers, type WorkerStatus } from './worker-table.ts';

export interface StudyStatus {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly state: 'open' | 'ended';
  readonly waiting: number;
  readonly active: number;
  /** Given back after a worker gave no sign. */
  readonly retried: number;
  readonly results: number;
  readonly failures: number;
}

export interface QueueStatus {
  readonly draining: boolean;
  readonly studies: readonly StudyStatus[];
  /** Those that gave a sign within the lease. */
  readonly workers: readonly WorkerStatus[];
}

/** Does something with a queue on a connection of its own; without patience, what a wait could heal is an error. */
async function withQueue<T>(
  location: QueueLocation,
  work: (database: Database) => Promise<T>,
  { say, patienceMs }: Pick<DatabaseOptions, 'say' | 'patienceMs'> = { say: () => undefined, patienceMs: 0 },
): Promise<T> {
  const database = new Database({ location, role: 'queue', say, patienceMs });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Makes the tables where they are missing. @throws InputError where the queue cannot be used: unreachable, refused, of another version */
export async function probeQueue(location: QueueLocation, say: (line: string) => void): Promise<void> {
  await withQueue(location, createTables, { say, patienceMs: 30_000 });
}

export async function createQueue(location: QueueLocation): Promise<'created' | 'present'> {
  return await withQueue(location, createTables);
}

export async function queueStatus(location: QueueLocation): Promise<QueueStatus> {
  const { schema } = location;
  return await withQueue(location, (database) =>
    database.use(async (client) => {
      await requireTables(client, location);
      const format = await client.query<{ draining: boolean }>(`SELECT draining FROM ${schema}.format`);
      return {
        draining: format.rows[0]?.draining === true,
        studies: await studies(client, schema),
        workers: await liveWorkers(client, schema),
      };
    }),
  );
}

async function studies(client: pg.Client, schema: string): Promise<readonly StudyStatus[]> {
  const { rows } = await client.query<StudyStatus>(
    `SELECT s.id::text, s.name, s.plan, CASE WHEN s.ended_on IS NULL THEN 'open' ELSE 'ended' END AS state,
       j.waiting, j.active, j.retried, r.results, r.failures
     FROM ${schema}.study s
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE state < 'active')::int AS waiting, count(*) FILTER (WHERE state = 'active')::int AS active,
         count(*) FILTER (WHERE retry_count > 0)::int AS retried
       FROM ${schema}.job WHERE name = '${queueName('')}' || s.id
     ) j
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS results, count(*) FILTER (WHERE outcome->>'kind' = 'failed')::int AS failures
       FROM ${schema}.result WHERE study = s.id
     ) r
     ORDER BY s.id`,
  );
  return rows;
}

/** Workers take no more jobs, or may again. With `waitMs`, waits until none is being evaluated. @returns how many still are */
export async function drainQueue(
  location: QueueLocation,
  { draining, waitMs }: { readonly draining: boolean; readonly waitMs: number },
): Promise<number> {
  const { schema } = location;
  return await withQueue(location, async (database) => {
    await database.use(async (client) => {
      await requireTables(client, location);
      await client.query(`UPDATE ${schema}.format SET draining = $1`, [draining]);
    });
    const until = performance.now() + (draining ? waitMs : 0);
    while (true) {
      const active = await database.use(async (client) => {
        const { rows } = await client.query<{ active: number }>(
          `SELECT count(*)::int AS active FROM ${schema}.job WHERE state = 'active'`,
        );
        return rows[0]!.active;
      });
      if (active === 0 || performance.now() >= until) return active;
      await pause(500);
    }
  });
}

/** Removes studies that ended at least `days` ago, or, with a name, that one unless it is being coordinated. @returns how many */
export async function purgeQueue(
  location: QueueLocation,
  { days, study }: { readonly days: number; readonly study: string | null },
): Promise<number> {
  const { schema } = location;
  return await withQueue(location, (database) =>
    database.transaction(async (client) => {
      await requireTables(client, location);
      await client.query(`DELETE FROM ${schema}.worker WHERE seen_on < now() - interval '1 hour'`);
      if (study === null) {
        return await removeStudies(client, schema, "ended_on <= now() - $1 * interval '1 day'", [days]);
      }
      const idle = `name = $1 AND NOT EXISTS (
        SELECT FROM pg_stat_activity WHERE application_name = left('paretune coordinator of ' || $1, 63))`;
      return await removeStudies(client, schema, idle, [study]);
    }),
  );
}
