import { describeProblem, InputError } from '../../../base/errors.ts';
import type { QueueLocation } from './queue-location.ts';

/** What an error of the database means for whoever waits for an answer. */
export type Trouble =
  /** Waiting cannot help. */
  | { readonly kind: 'final'; readonly error: InputError }
  /** It may pass: a restart, a full disk, too many connections. */
  | { readonly kind: 'passing'; readonly reason: string }
  /** A fault of this program. */
  | { readonly kind: 'unknown' };

/** Classes of SQLSTATE and single codes that a wait can heal (PostgreSQL, appendix A). */
const PASSING: Readonly<Record<string, string>> = {
  '08': 'the connection was lost',
  '53': 'the database is short of resources',
  '57': 'the database is stopping or starting',
  '58': 'the database cannot use its files',
  '25006': 'the database takes no writes now',
  '40001': 'another transaction was in the way',
  '40P01': 'another transaction was in the way',
  '55P03': 'a lock was not to be had',
  '53100': 'the disk of the database is full',
  '53300': 'the database has no connection left',
};

const UNREACHABLE = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET|ENOENT)/;
const LOST = /connection terminated|connection error|not queryable|timeout|server closed the connection/i;
const TLS = /CERT|SSL|TLS|UNABLE_TO_VERIFY|SELF_SIGNED/;
const NO_TABLES = ['3F000', '42P01', '42704', '42883'];

/** @param error - whatever `pg` threw */
export function troubleOf(error: unknown, location: QueueLocation): Trouble {
  if (error instanceof InputError) return { kind: 'final', error };
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  const final = finalReason(code, message, location);
  if (final !== null) return { kind: 'final', error: final };
  const passing = PASSING[code] ?? PASSING[code.slice(0, 2)];
  if (/^[0-9A-Z]{5}$/.test(code) && passing !== undefined)
    return { kind: 'passing', reason: `${passing} (${firstLine(message)})` };
  if (UNREACHABLE.test(code)) return { kind: 'passing', reason: `the database cannot be reached (${code})` };
  if (LOST.test(message)) return { kind: 'passing', reason: 'the connection was lost' };
  return { kind: 'unknown' };
}

function finalReason(code: string, message: string, { shown, schema }: QueueLocation): InputError | null {
  if (code === '28P01' || /password must be a string/.test(message)) {
    const why = code === '28P01' ? 'refuses the password' : 'asks for a password and none is set';
    return new InputError(`the queue at ${shown} ${why}`, {
      suggestion: 'set PGPASSWORD, use ~/.pgpass, or a file with the URL: --queue @FILE',
    });
  }
  if (code === '28000') return new InputError(`the queue at ${shown} lets nobody in this way: ${firstLine(message)}`);
  if (code === '3D000')
    return new InputError(`there is no such database at ${shown}`, { suggestion: 'create it with createdb' });
  if (code === '42501') {
    return new InputError(`the role may not do this in the queue at ${shown}: ${firstLine(message)}`, {
      suggestion: 'docs/scale-out.md lists what each role needs',
    });
  }
  if (NO_TABLES.includes(code)) return missingTables(shown, schema);
  if (TLS.test(code) || /does not support SSL/.test(message)) {
    return new InputError(`no TLS connection to the queue at ${shown}: ${firstLine(message)}`, {
      suggestion: 'see sslmode and sslrootcert in docs/scale-out.md',
    });
  }
  return null;
}

export function missingTables(shown: string, schema: string): InputError {
  return new InputError(`the schema ${schema} at ${shown} holds no queue of paretune`, {
    suggestion: 'a coordinator makes it: `paretune queue create` or `paretune run STUDY`, with the same --queue',
  });
}

/** One line for a message. */
export function troubleText(error: unknown): string {
  if (error instanceof InputError) return describeProblem(error);
  return firstLine(error instanceof Error ? error.message : String(error));
}

function firstLine(message: string): string {
  return message.split('\n')[0]!;
}
