import type pg from 'pg';
import PgBoss from 'pg-boss';

/**
 * How long a worker that gives no sign keeps its jobs. It renews the lease (`started_on` of its jobs) from its main
 * thread every `RENEWAL_MS`, whatever its evaluations do.
 */
export const LEASE_S = 6;
export const RENEWAL_MS = 1_500;

/** Completed jobs are gone after so long; their results stay. */
const KEEP_COMPLETED_S = 60;

/** A job as it is fetched: `task` is JSON text, since the order of its keys may matter to an evaluator. */
export interface QueuedJob {
  readonly id: string;
  readonly data: { readonly task: string };
}

export interface NewJob extends QueuedJob {
  readonly priority: number;
}

const bosses = new WeakMap<pg.Client, PgBoss>();

/** pg-boss on a connection of ours; it starts no timers and opens nothing. */
export function bossOn(client: pg.Client, schema: string): PgBoss {
  const known = bosses.get(client) ?? newBoss(client, schema);
  bosses.set(client, known);
  return known;
}

/** @param options - `migrate`: its `start` makes the tables */
export function newBoss(client: pg.Client, schema: string, { migrate = false } = {}): PgBoss {
  return new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema,
    migrate,
    supervise: false,
    schedule: false,
    archiveCompletedAfterSeconds: KEEP_COMPLETED_S,
    deleteAfterSeconds: KEEP_COMPLETED_S,
  });
}

/** The jobs of one study. */
export function queueName(study: string): string {
  return `study-${study}`;
}

/** Removes a queue with its jobs, which pg-boss alone would refuse. */
export async function dropQueue(client: pg.Client, schema: string, queue: string): Promise<void> {
  await client.query(`DELETE FROM ${schema}.job WHERE name = $1`, [queue]);
  await bossOn(client, schema).deleteQueue(queue);
}

/** Jobs that are there already stay as they are. */
export async function insertJobs(
  client: pg.Client,
  schema: string,
  queue: string,
  jobs: readonly NewJob[],
): Promise<void> {
  if (jobs.length === 0) return;
  await bossOn(client, schema).insert(jobs.map((job) => ({ ...job, name: queue })));
}

/** Takes up to `count` jobs; pg-boss would take an error for an empty queue. */
export async function fetchJobs(
  client: pg.Client,
  schema: string,
  queue: string,
  count: number,
): Promise<readonly QueuedJob[]> {
  let failure: unknown = null;
  const executeSql = async (text: string, values: unknown[]): Promise<pg.QueryResult> => {
    try {
      return await client.query(text, values);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const jobs = await bossOn(client, schema).fetch<QueuedJob['data']>(queue, { batchSize: count, db: { executeSql } });
  if (failure !== null) throw failure;
  return jobs;
}

/** Ends jobs whose results are recorded in the same transaction, also those that meanwhile went back to the queue. */
export async function completeJobs(
  client: pg.Client,
  schema: string,
  queue: string,
  ids: readonly string[],
): Promise<void> {
  const done = (await bossOn(client, schema).complete(queue, [...ids])) as unknown as { readonly affected: number };
  if (done.affected === ids.length) return;
  await client.query(
    `UPDATE ${schema}.job SET state = 'completed', completed_on = now()
     WHERE name = $1 AND id = ANY($2::uuid[]) AND state < 'completed'`,
    [queue, ids],
  );
}

/** Renews leases, a batch for each queue. */
export async function renewLeases(
  client: pg.Client,
  schema: string,
  queue: string,
  ids: readonly string[],
): Promise<void> {
  await client.query(
    `UPDATE ${schema}.job SET started_on = now() WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active'`,
    [queue, ids],
  );
}

/** Gives jobs back as if nobody had taken them. */
export async function releaseJobs(
  client: pg.Client,
  schema: string,
  queue: string,
  ids: readonly string[],
): Promise<void> {
  await client.query(
    `UPDATE ${schema}.job SET state = 'created', started_on = NULL
     WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active'`,
    [queue, ids],
  );
}
