import type pg from 'pg';
import { InputError } from '../../../base/errors.ts';
import { type Json, textHash } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { EvaluationSetup } from '../../evaluation.ts';
import { policyFile, policyImports, policyText } from '../load-policy.ts';
import { bossOn, dropQueue, LEASE_S, queueName } from './job-table.ts';
import type { ProgramIdentity } from './program-identity.ts';

/** What is to be evaluated, as its coordinator tells the workers. */
export interface StudyDescription {
  /** Hash of the plan: what makes it this study and no other. */
  readonly plan: string;
  readonly name: string;
  readonly setups: readonly EvaluationSetup[];
  /** Begins anew: results of an earlier run are not its own. */
  readonly fresh: boolean;
}

/** A study as workers find it. */
export interface StudyRecord {
  readonly id: string;
  readonly name: string;
  readonly program: ProgramIdentity;
  /** SHA-256 of each policy module with what it imports. */
  readonly policies: Readonly<Record<string, string>>;
  /** SHA-256 of all templates and of all workloads. */
  readonly hashes: { readonly template: string; readonly workload: string };
}

/** Held by the connection of the coordinator as long as it lives. */
export async function takeStudy(client: pg.Client, schema: string, { plan, name }: StudyDescription): Promise<void> {
  const key = BigInt.asIntN(64, BigInt(`0x${textHash(`${schema} ${plan}`).slice(0, 16)}`)).toString();
  // The connection of a coordinator that was killed may outlive it by a moment.
  await client.query("SET lock_timeout = '5s'");
  try {
    await client.query('SELECT pg_advisory_lock($1::bigint)', [key]);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== '55P03') throw error;
    throw new InputError(`study ${shortText(name)} is coordinated by another process on this queue`, {
      suggestion: 'let that one go on, or stop it first; `paretune queue status` shows it',
    });
  } finally {
    await client.query('RESET lock_timeout');
  }
}

/** Enters the study, or finds it again; its queue is there afterwards. @returns its number */
export async function enterStudy(
  client: pg.Client,
  schema: string,
  entry: { readonly description: StudyDescription; readonly program: ProgramIdentity; readonly tries: number },
): Promise<string> {
  const { program, tries } = entry;
  const { plan, name, setups, fresh } = entry.description;
  if (fresh) await removeStudies(client, schema, 'plan = $1', [plan]);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO ${schema}.study (plan, name, program, policies, hashes, setups) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (plan) DO UPDATE SET ended_on = NULL, program = EXCLUDED.program, policies = EXCLUDED.policies
     RETURNING id::text`,
    [plan, name, program, policyHashes(setups), setupHashes(setups), setupsText(setups)],
  );
  const { id } = rows[0]!;
  await bossOn(client, schema).createQueue(queueName(id), {
    name: queueName(id),
    expireInSeconds: LEASE_S,
    retryLimit: tries - 1,
  });
  return id;
}

/** Removes studies with their jobs and results. @returns how many */
export async function removeStudies(
  client: pg.Client,
  schema: string,
  where: string,
  values: readonly unknown[],
): Promise<number> {
  const { rows } = await client.query<{ id: string }>(`DELETE FROM ${schema}.study WHERE ${where} RETURNING id::text`, [
    ...values,
  ]);
  for (const { id } of rows) await dropQueue(client, schema, queueName(id));
  return rows.length;
}

export async function openStudies(client: pg.Client, schema: string): Promise<readonly StudyRecord[]> {
  const { rows } = await client.query<StudyRecord>(
    `SELECT id::text, name, program, policies, hashes FROM ${schema}.study WHERE ended_on IS NULL ORDER BY id`,
  );
  return rows;
}

/** @throws InputError where the setups are not those that were entered */
export async function setupsOf(
  client: pg.Client,
  schema: string,
  { id, name, hashes }: StudyRecord,
): Promise<readonly EvaluationSetup[]> {
  const { rows } = await client.query<{ setups: string }>(`SELECT setups FROM ${schema}.study WHERE id = $1`, [id]);
  if (rows[0] === undefined) throw new InputError(`study ${shortText(name)} has just been removed`);
  const setups = JSON.parse(rows[0].setups) as readonly EvaluationSetup[];
  const found = setupHashes(setups);
  for (const part of ['template', 'workload'] as const) {
    if (found[part] !== hashes[part])
      throw new InputError(`the ${part} of study ${shortText(name)} is not what its coordinator entered`);
  }
  return setups;
}

function setupHashes(setups: readonly EvaluationSetup[]): StudyRecord['hashes'] {
  const template = textHash(JSON.stringify(setups.map((setup) => [setup.simulator, setup.template])));
  return { template, workload: textHash(JSON.stringify(setups.map(({ workload }) => workload))) };
}

/** Hashes of the policy modules, with what they import, as they are on this machine; '' for one that is not here. */
export function policyHashes(setups: readonly Pick<EvaluationSetup, 'policies'>[]): Readonly<Record<string, string>> {
  const names = [...new Set(setups.flatMap(({ policies }) => policies))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const text = policyText(name);
      return [name, text === undefined ? '' : moduleHash(text, name)];
    }),
  );
}

function moduleHash(text: string, name: string): string {
  const parts = [text, ...policyImports(policyFile(name)).map((one) => one.text)].map(textHash);
  return parts.length === 1 ? parts[0]! : textHash(parts.join(' '));
}

/** As JSON, in which nothing of them is lost. */
function setupsText(setups: readonly EvaluationSetup[]): string {
  return JSON.stringify(setups, (key, value: Json) => {
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    throw new InputError(`${key} is ${value}, which cannot be sent to workers`);
  });
}
