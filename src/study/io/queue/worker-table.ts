import type pg from 'pg';
import { LEASE_S } from './job-table.ts';
import type { ProgramIdentity } from './program-identity.ts';

export interface WorkerSign {
  readonly id: string;
  readonly name: string;
  readonly program: ProgramIdentity;
  readonly threads: number;
  readonly active: number;
  readonly done: number;
  /** Studies that it leaves to others, and why. */
  readonly note: string | null;
}

export type WorkerStatus = Omit<WorkerSign, 'id' | 'program'>;

/** A worker shows that it lives. */
export async function showWorker(client: pg.Client, schema: string, sign: WorkerSign): Promise<void> {
  const { id, name, program, threads, active, done, note } = sign;
  await client.query(
    `INSERT INTO ${schema}.worker (id, name, program, threads, active, done, note) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO UPDATE SET active = EXCLUDED.active, done = EXCLUDED.done, note = EXCLUDED.note, seen_on = now()`,
    [id, name, program, threads, active, done, note],
  );
}

/** A worker says that it goes. */
export async function leaveWorker(client: pg.Client, schema: string, id: string): Promise<void> {
  await client.query(`UPDATE ${schema}.worker SET seen_on = '-infinity', active = 0 WHERE id = $1`, [id]);
}

/** Workers that gave a sign within the lease. */
export async function liveWorkers(client: pg.Client, schema: string): Promise<readonly WorkerStatus[]> {
  const { rows } = await client.query<WorkerStatus>(
    `SELECT name, threads, active, done::int, note FROM ${schema}.worker
     WHERE seen_on > now() - $1 * interval '1 second' ORDER BY name`,
    [LEASE_S],
  );
  return rows;
}

/** Why nobody evaluates for a study; null where somebody may. */
export async function absentWorkers(client: pg.Client, schema: string, study: string): Promise<string | null> {
  const workers = await liveWorkers(client, schema);
  if (workers.length === 0) return 'no worker is there: start `paretune worker` with the same --queue';
  const notes = workers.map(({ note }) => note?.split('; study ').find((one) => one.includes(`${study} is left`)));
  const refused = notes.every((note) => note !== undefined);
  return refused ? `no worker evaluates for this study: ${notes[0]!.replace(/^study /, '')}` : null;
}
