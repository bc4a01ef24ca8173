import { existsSync } from 'node:fs';
import { InputError } from '../../../base/errors.ts';
import { shortText } from '../../../base/short-text.ts';
import { readTextFile } from '../text-file.ts';

/** Where the queue is: a database, and the schema in it that holds the tables. */
export interface QueueLocation {
  /** What `pg` connects by; may hold a password, so it is never shown. */
  readonly connectionString: string;
  readonly schema: string;
  /** `host:port/database`, for messages. */
  readonly shown: string;
}

const FORMS = 'postgres://USER@HOST:5432/DATABASE, @FILE with such a line, or env:NAME of a variable with it';
const DEFAULT_SCHEMA = 'paretune';

/**
 * Reads the value of `--queue`. Everybody on a machine can read command lines, so a password in one is refused; a file or
 * a variable may hold it, and `pg` itself reads PGPASSWORD and the password file.
 * @throws InputError that never repeats what was given
 */
export function readQueueLocation(value: string): QueueLocation {
  if (value.startsWith('@')) return located(fileText(value.slice(1)), 'the file of --queue');
  if (value.startsWith('env:')) {
    const text = process.env[value.slice('env:'.length)];
    if (text !== undefined) return located(text, 'the variable of --queue');
    throw new InputError(`--queue names ${shortText(value)}, but that variable is not set`);
  }
  const { url, location } = parsed(value, '--queue');
  if (url.password === '' && !url.searchParams.has('password')) return location;
  throw new InputError('--queue holds a password, which everybody on this machine can read in the list of processes', {
    suggestion:
      'take it out of the URL: set PGPASSWORD, use ~/.pgpass, or put the whole URL into a file: --queue @FILE',
  });
}

function located(text: string, where: string): QueueLocation {
  return parsed(text.trim(), where).location;
}

function fileText(file: string): string {
  if (existsSync(file)) return readTextFile(file);
  throw new InputError('file not found', { position: { file }, suggestion: 'it holds the URL of the queue' });
}

function parsed(text: string, where: string): { readonly url: URL; readonly location: QueueLocation } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new InputError(`${where} is no URL of PostgreSQL`, { suggestion: `one of ${FORMS}` });
  }
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!/^[a-z_][a-z0-9_]{0,49}$/.test(schema)) {
    throw new InputError(`the schema of the queue must be a lower-case name, got ${shortText(schema)}`, {
      suggestion: `leave it out for ${DEFAULT_SCHEMA}`,
    });
  }
  const bare = new URL(url);
  bare.searchParams.delete('schema');
  const host = url.searchParams.get('host') ?? (url.hostname || (process.env['PGHOST'] ?? 'localhost'));
  const port = url.port || (process.env['PGPORT'] ?? '5432');
  const shown = `${host}:${port}${url.pathname === '/' ? '' : url.pathname}`;
  return { url, location: { connectionString: bare.href, schema, shown } };
}
