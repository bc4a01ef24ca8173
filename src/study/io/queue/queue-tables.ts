import type pg from 'pg';
import { InputError } from '../../../base/errors.ts';
import type { Database } from './database.ts';
import { missingTables } from './database-trouble.ts';
import { newBoss } from './job-table.ts';

/** Of the tables below. */
const FORMAT = 1;
/** Of the tables of pg-boss 10.4. */
const BOSS_FORMAT = 24;

/**
 * Studies that are coordinated, results, and who works. Jobs are pg-boss's, in the same schema. An outcome is kept as
 * text (`json`, not `jsonb`), since the order of its keys goes into the journal.
 */
function tables(schema: string): string {
  return `
    CREATE TABLE ${schema}.format (version int NOT NULL, draining boolean NOT NULL DEFAULT false);
    INSERT INTO ${schema}.format (version) VALUES (${FORMAT});
    CREATE TABLE ${schema}.study (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      plan text NOT NULL UNIQUE,
      name text NOT NULL,
      program jsonb NOT NULL,
      policies jsonb NOT NULL,
      hashes jsonb NOT NULL,
      setups text NOT NULL,
      started_on timestamptz NOT NULL DEFAULT now(),
      ended_on timestamptz
    );
    CREATE TABLE ${schema}.result (
      study bigint NOT NULL REFERENCES ${schema}.study ON DELETE CASCADE,
      trial int NOT NULL,
      seed bigint NOT NULL,
      regime int NOT NULL,
      fidelity float8 NOT NULL,
      rate float8 NOT NULL,
      job uuid NOT NULL UNIQUE,
      outcome json NOT NULL,
      worker text NOT NULL,
      recorded_on timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (study, trial, seed, regime, fidelity, rate)
    );
    CREATE TABLE ${schema}.worker (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      program jsonb NOT NULL,
      threads int NOT NULL,
      active int NOT NULL DEFAULT 0,
      done bigint NOT NULL DEFAULT 0,
      note text,
      started_on timestamptz NOT NULL DEFAULT now(),
      seen_on timestamptz NOT NULL DEFAULT now()
    );`;
}

/** Whether the tables are there. @throws InputError where another version of the program made them */
export async function hasTables(client: pg.Client, { schema, shown }: Database['location']): Promise<boolean> {
  const { rows } = await client.query<{ format: string | null; version: string | null }>(
    'SELECT to_regclass($1)::text AS format, to_regclass($2)::text AS version',
    [`${schema}.format`, `${schema}.version`],
  );
  if (rows[0]!.format === null) return false;
  const made = await client.query<{ format: number; boss: number }>(
    `SELECT f.version AS format, v.version AS boss FROM ${schema}.format f, ${schema}.version v`,
  );
  const { format, boss } = made.rows[0]!;
  if (format === FORMAT && boss === BOSS_FORMAT) return true;
  const [theirs, ours] = format === FORMAT ? [`pg-boss ${boss}`, BOSS_FORMAT] : [`format ${format}`, FORMAT];
  throw new InputError(`the queue at ${shown} has tables of ${theirs}, and this version of paretune needs ${ours}`, {
    suggestion: 'use the version that made them, or another schema: ?schema=NAME in the URL',
  });
}

/** @throws InputError where the tables are not there */
export async function requireTables(client: pg.Client, location: Database['location']): Promise<void> {
  if (!(await hasTables(client, location))) throw missingTables(location.shown, location.schema);
}

/** Makes the tables where they are not there yet; two coordinators may do so at once. */
export async function createTables(database: Database): Promise<'created' | 'present'> {
  const { schema } = database.location;
  return await database.use(async (client) => {
    if (await hasTables(client, database.location)) return 'present';
    await newBoss(client, schema, { migrate: true }).start();
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`paretune ${schema}`]);
    const missing = !(await hasTables(client, database.location));
    if (missing) await client.query(tables(schema));
    await client.query('COMMIT');
    return missing ? 'created' : 'present';
  });
}
