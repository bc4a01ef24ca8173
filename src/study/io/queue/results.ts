import type pg from 'pg';
import type { SetupTask } from '../../evaluator.ts';
import type { ReplicateOutcome } from '../../trial.ts';
import { completeJobs, queueName } from './job-table.ts';
import { resultKey } from './queue-task.ts';

export interface StoredResult {
  readonly job: string;
  readonly outcome: ReplicateOutcome;
}

export interface NewResult extends StoredResult {
  readonly task: SetupTask;
}

/** Those of `jobs` that have a result. */
export async function resultsOf(
  client: pg.Client,
  schema: string,
  jobs: readonly string[],
): Promise<readonly StoredResult[]> {
  const { rows } = await client.query<StoredResult>(
    `SELECT job, outcome FROM ${schema}.result WHERE job = ANY($1::uuid[])`,
    [jobs],
  );
  return rows;
}

/**
 * Records results and ends their jobs; to be called in a transaction. Of two workers that evaluated the same job the
 * first one is recorded, the second one changes nothing.
 */
export async function recordResults(
  client: pg.Client,
  schema: string,
  {
    study,
    worker,
    results,
  }: { readonly study: string; readonly worker: string; readonly results: readonly NewResult[] },
): Promise<void> {
  const rows = results.map(({ task, job, outcome }) => ({ ...resultKey(task), job, outcome }));
  await client.query(
    `INSERT INTO ${schema}.result (study, trial, seed, regime, fidelity, rate, job, outcome, worker)
     SELECT $1, trial, seed, regime, fidelity, rate, job, outcome, $3
     FROM json_to_recordset($2)
       AS r (trial int, seed bigint, regime int, fidelity float8, rate float8, job uuid, outcome json)
     ON CONFLICT DO NOTHING`,
    [study, JSON.stringify(rows), worker],
  );
  await completeJobs(
    client,
    schema,
    queueName(study),
    results.map(({ job }) => job),
  );
}

/** Jobs that failed, since `tries` workers in a row did not come through them, get a result that says so. */
export async function recordLost(
  client: pg.Client,
  schema: string,
  lost: { readonly study: string; readonly tasks: ReadonlyMap<string, SetupTask>; readonly tries: number },
): Promise<void> {
  const { study, tasks, tries } = lost;
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM ${schema}.job WHERE name = $1 AND state = 'failed'`,
    [queueName(study)],
  );
  const message = `no worker came through it in ${tries} ${tries === 1 ? 'try' : 'tries'}: each died or gave no sign for too long`;
  const results = rows.flatMap(({ id }): NewResult[] => {
    const task = tasks.get(id);
    return task === undefined ? [] : [{ task, job: id, outcome: { kind: 'failed', message } }];
  });
  if (results.length > 0) await recordResults(client, schema, { study, worker: 'coordinator', results });
}
