import type pg from 'pg';

/** Who hears of new jobs. */
export function jobsChannel(schema: string): string {
  return `${schema}_jobs`;
}

/** Who hears of new results. */
export function resultsChannel(schema: string): string {
  return `${schema}_results`;
}

/** A notice may hold 8,000 bytes; one with more jobs names none. */
const MOST_IDS = 100;

/** Sent outside of transactions: in them, PostgreSQL lets one at a time commit that has a notice. A lost one costs a second. */
export async function notify(
  client: pg.Client,
  channel: string,
  { study, jobs = [] }: { readonly study: string; readonly jobs?: readonly string[] },
): Promise<void> {
  const ids = jobs.length > MOST_IDS ? [] : jobs;
  await client.query('SELECT pg_notify($1, $2)', [channel, [study, ...ids].join(' ')]);
}

/** @returns `jobs` empty = any of the study */
export function readNotice(payload: string): { readonly study: string; readonly jobs: readonly string[] } {
  const [study = '', ...jobs] = payload.split(' ');
  return { study, jobs };
}
