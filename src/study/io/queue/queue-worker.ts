import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { describeProblem, InputError } from '../../../base/errors.ts';
import type { EvaluationSetup } from '../../evaluation.ts';
import { Alarm } from './alarm.ts';
import { Database } from './database.ts';
import { fetchJobs, RENEWAL_MS, releaseJobs, renewLeases } from './job-table.ts';
import { jobsChannel, notify, readNotice, resultsChannel } from './notices.ts';
import { type ProgramIdentity, programIdentity } from './program-identity.ts';
import type { QueueLocation } from './queue-location.ts';
import { hasTables } from './queue-tables.ts';
import { uuidOf } from './queue-task.ts';
import { recordResults } from './results.ts';
import { type OpenedStudy, refusal, ServedStudy } from './served-study.ts';
import { openStudies, type StudyRecord, setupsOf } from './study-record.ts';
import { leaveWorker, showWorker } from './worker-table.ts';

export interface WorkerOptions {
  readonly location: QueueLocation;
  readonly threads: number;
  readonly open: (setups: readonly EvaluationSetup[]) => Promise<OpenedStudy>;
  readonly say: (line: string) => void;
  /** Aborted: takes no more, finishes what it has. */
  readonly drain: AbortSignal;
  /** How long it may finish; what still runs then is given back. */
  readonly drainMs: number;
}

/** Jobs of less than this together are fetched at once: the way to the database takes about as long as one of them. */
const AHEAD_S = 0.05;
const MOST_AHEAD = 32;
const TABLES_PAUSE_MS = 1_000;

/** Evaluates whatever the queue holds for this program until it is told to stop. @returns how many were recorded */
export async function runWorker(options: WorkerOptions): Promise<number> {
  const worker = new QueueWorker(options);
  return await worker.run();
}

class QueueWorker {
  readonly #options: WorkerOptions;
  readonly #schema: string;
  readonly #database: Database;
  readonly #program: ProgramIdentity = programIdentity();
  readonly #name = `${hostname()}:${process.pid}`;
  readonly #id = uuidOf(`${hostname()} ${process.pid} ${performance.timeOrigin}`);
  readonly #alarm = new Alarm();
  readonly #served = new Map<string, ServedStudy>();
  /** What was said about studies that are left to others. */
  #refused: ReadonlyMap<string, string> = new Map<string, string>();
  #done = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Mean seconds of an evaluation, the last ones counting most. */
  #seconds = 1;
  #paused = false;

  constructor(options: WorkerOptions) {
    const { location, say } = options;
    this.#options = options;
    this.#schema = location.schema;
    this.#database = new Database({
      location,
      role: 'worker',
      say,
      patienceMs: 30_000,
      onConnect: async (client) => {
        await client.query(`LISTEN ${jobsChannel(location.schema)}`);
        // Leases may have run out during an outage.
        this.#renewedAt = Number.NEGATIVE_INFINITY;
      },
      onNotification: (_, payload) => this.#hear(payload),
    });
  }

  async run(): Promise<number> {
    const { drain } = this.#options;
    const stop = (): void => this.#alarm.ring();
    drain.addEventListener('abort', stop);
    try {
      await this.#waitForTables();
      await this.#loop();
    } finally {
      drain.removeEventListener('abort', stop);
      await Promise.all([...this.#served.values()].map((study) => study.close()));
      await this.#database.close();
    }
    return this.#done;
  }

  async #waitForTables(): Promise<void> {
    const { location, say, drain } = this.#options;
    for (let told = false; !drain.aborted; told = true) {
      if (await this.#database.use((client) => hasTables(client, location))) return;
      if (!told)
        say(`the schema ${location.schema} at ${location.shown} holds no queue yet; waiting for a coordinator`);
      await pause(TABLES_PAUSE_MS, null, { signal: drain }).catch(() => undefined);
    }
  }

  /** One loop does all, on one connection: record, renew, take, sleep until a result, a notice or the next renewal. */
  async #loop(): Promise<void> {
    const { drain, drainMs } = this.#options;
    let endAt = Number.POSITIVE_INFINITY;
    while (true) {
      await this.#record();
      if (drain.aborted) endAt = Math.min(endAt, performance.now() + drainMs);
      const over = performance.now() >= endAt;
      if (drain.aborted && (over || this.#taken() === 0)) break;
      if (performance.now() - this.#renewedAt >= RENEWAL_MS) await this.#renew();
      if (!drain.aborted && !this.#paused) await this.#take();
      await this.#alarm.sleep(Math.max(1, Math.min(RENEWAL_MS, endAt - performance.now())));
    }
    await this.#leave();
  }

  #taken(): number {
    return [...this.#served.values()].reduce((sum, { taken }) => sum + taken.size, 0);
  }

  #hear(payload: string): void {
    const { study } = readNotice(payload);
    const served = this.#served.get(study);
    if (served !== undefined) served.empty = false;
    else if (!this.#refused.has(study)) this.#renewedAt = Number.NEGATIVE_INFINITY;
    this.#alarm.ring();
  }

  async #record(): Promise<void> {
    for (const study of this.#served.values()) {
      const results = study.finished();
      if (results.length === 0) continue;
      const record = { study: study.id, worker: this.#name, results };
      try {
        await this.#database.transaction((client) => recordResults(client, this.#schema, record));
        this.#done += results.length;
      } catch (error) {
        // The study was removed, or began anew: nobody waits for these any more.
        if ((error as { readonly code?: string }).code !== '23503') throw error;
      }
      study.recorded(results);
      const jobs = results.map(({ job }) => job);
      await this.#database.use((client) => notify(client, resultsChannel(this.#schema), { study: study.id, jobs }));
    }
  }

  /** Keeps leases, shows that it lives, and looks which studies there are. */
  async #renew(): Promise<void> {
    const studies = await this.#database.use(async (client) => {
      for (const { queue, taken } of this.#served.values()) {
        if (taken.size > 0) await renewLeases(client, this.#schema, queue, [...taken]);
      }
      await this.#show(client);
      const { rows } = await client.query<{ draining: boolean }>(`SELECT draining FROM ${this.#schema}.format`);
      this.#paused = rows[0]?.draining === true;
      return await openStudies(client, this.#schema);
    });
    this.#renewedAt = performance.now();
    for (const study of this.#served.values()) study.empty = false;
    await this.#serve(studies);
  }

  async #show(client: pg.Client): Promise<void> {
    await showWorker(client, this.#schema, {
      id: this.#id,
      name: this.#name,
      program: this.#program,
      threads: this.#options.threads,
      active: this.#taken(),
      done: this.#done,
      note: [...this.#refused.values()].join('; ') || null,
    });
  }

  async #serve(studies: readonly StudyRecord[]): Promise<void> {
    const left = new Map<string, string>();
    for (const record of studies) {
      const reason = refusal(record, this.#program) ?? (await this.#open(record));
      if (reason === null) continue;
      if (this.#refused.get(record.id) !== reason) this.#options.say(reason);
      left.set(record.id, reason);
    }
    this.#refused = left;
    const open = new Set(studies.map(({ id }) => id));
    for (const [id, study] of this.#served) {
      if (open.has(id) && !left.has(id)) continue;
      this.#served.delete(id);
      await study.close();
    }
  }

  /** @returns why it cannot be evaluated here; null = it can */
  async #open(record: StudyRecord): Promise<string | null> {
    if (this.#served.has(record.id)) return null;
    try {
      const setups = await this.#database.use((client) => setupsOf(client, this.#schema, record));
      this.#served.set(record.id, new ServedStudy(record, await this.#options.open(setups)));
      this.#options.say(`evaluating for study ${record.name}`);
      return null;
    } catch (error) {
      if (error instanceof InputError) return describeProblem(error);
      throw error;
    }
  }

  async #take(): Promise<void> {
    const { threads } = this.#options;
    const [first] = this.#served;
    if (first !== undefined) {
      // Each study gets its turn to be asked first.
      this.#served.delete(first[0]);
      this.#served.set(...first);
    }
    const ahead = Math.min(MOST_AHEAD, Math.floor((threads * AHEAD_S) / this.#seconds));
    for (const study of this.#served.values()) {
      const room = Math.min(threads + ahead - this.#taken(), study.most - study.taken.size);
      if (room <= 0 || study.empty) continue;
      const jobs = await this.#database.use((client) => fetchJobs(client, this.#schema, study.queue, room));
      study.empty = jobs.length < room;
      for (const job of jobs) {
        study.start(job, (seconds) => {
          this.#seconds = 0.8 * this.#seconds + 0.2 * Math.max(seconds, 1e-4);
          this.#alarm.ring();
        });
      }
    }
  }

  /** Gives back what it could not finish. */
  async #leave(): Promise<void> {
    for (const study of this.#served.values()) {
      if (study.taken.size === 0) continue;
      this.#options.say(`${study.taken.size} evaluations of study ${study.name} go back to the queue`);
      await study.close();
      await this.#database.use(async (client) => {
        await releaseJobs(client, this.#schema, study.queue, [...study.taken]);
        await notify(client, jobsChannel(this.#schema), { study: study.id });
      });
    }
    await this.#database.use((client) => leaveWorker(client, this.#schema, this.#id));
  }
}
