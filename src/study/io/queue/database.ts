import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { InputError } from '../../../base/errors.ts';
import { troubleOf, troubleText } from './database-trouble.ts';
import type { QueueLocation } from './queue-location.ts';

export interface DatabaseOptions {
  readonly location: QueueLocation;
  /** Shown by the database among its connections. */
  readonly role: string;
  /** One line about trouble that may pass, and one when it has. */
  readonly say: (line: string) => void;
  /** How long a first connection is tried for. */
  readonly patienceMs: number;
  /** Run on every new connection before anything else. */
  readonly onConnect?: (client: pg.Client) => Promise<void>;
  readonly onNotification?: (channel: string, payload: string) => void;
  /** The connection went away by itself; the next use makes another. */
  readonly onLost?: () => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A network that went away without a word is noticed after so long. */
const QUERY_LIMIT_MS = 60_000;

/**
 * One connection, used by one caller at a time and made again after each loss. A worker needs no more than one, so that
 * a database with 500 connections serves nearly as many workers.
 */
export class Database {
  readonly #options: DatabaseOptions;
  readonly #end = new AbortController();
  #client: pg.Client | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #wasConnected = false;
  #inTrouble = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  get location(): QueueLocation {
    return this.#options.location;
  }

  /**
   * Runs `work`, again after each trouble that passes: it must do no harm when done twice.
   * @throws InputError where waiting cannot help; whatever else `work` throws
   */
  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#attempts(work));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  /** As `use`, all or nothing. */
  async transaction<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    return await this.use(async (client) => {
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      return value;
    });
  }

  /** Ends the connection; what still waits for it is refused. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#turn;
    await this.#drop();
  }

  async #attempts<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const from = performance.now();
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      if (this.#end.signal.aborted) throw new InputError('the connection to the queue is closed');
      try {
        const value = await work(await this.#connected());
        if (this.#inTrouble) this.#options.say('the queue answers again');
        this.#inTrouble = false;
        return value;
      } catch (error) {
        await this.#drop();
        this.#judge(error, performance.now() - from);
        await pause(wait, null, { signal: this.#end.signal }).catch(() => undefined);
      }
    }
  }

  /** Throws what cannot pass, and tells of the rest once. */
  #judge(error: unknown, waitedMs: number): void {
    const { location, patienceMs, say } = this.#options;
    const trouble = troubleOf(error, location);
    if (trouble.kind === 'final') throw trouble.error;
    if (trouble.kind === 'unknown') throw error;
    if (!this.#wasConnected && waitedMs >= patienceMs) {
      throw new InputError(`no queue at ${location.shown}: ${trouble.reason}`, {
        suggestion: 'check the URL, and whether PostgreSQL runs there',
      });
    }
    if (!this.#inTrouble) say(`waiting for the queue at ${location.shown}: ${trouble.reason}`);
    this.#inTrouble = true;
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const { role, onConnect, onNotification, onLost } = this.#options;
    const client = clientOf(this.#options.location, role);
    const lost = (): void => {
      if (this.#client !== client) return;
      this.#client = null;
      onLost?.();
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ channel, payload }) => onNotification?.(channel, payload ?? ''));
    try {
      await client.connect();
      await onConnect?.(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#wasConnected = true;
    this.#client = client;
    return client;
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    // A server that went away without a word answers no goodbye.
    await Promise.race([client?.end().catch(() => undefined), pause(1_000, null, { ref: false })]);
  }
}

function clientOf({ connectionString, shown }: QueueLocation, role: string): pg.Client {
  try {
    return new pg.Client({
      connectionString,
      application_name: `paretune ${role}`,
      connectionTimeoutMillis: 10_000,
      query_timeout: QUERY_LIMIT_MS,
      keepAlive: true,
    });
  } catch (error) {
    throw new InputError(`cannot use the URL of the queue at ${shown}: ${troubleText(error)}`);
  }
}
