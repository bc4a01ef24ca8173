import type pg from 'pg';
import type { Evaluator, SetupTask } from '../../evaluator.ts';
import type { ReplicateOutcome } from '../../trial.ts';
import { Alarm } from './alarm.ts';
import { Database } from './database.ts';
import { troubleText } from './database-trouble.ts';
import { bossOn, dropQueue, insertJobs, LEASE_S, type NewJob, queueName } from './job-table.ts';
import { jobsChannel, notify, readNotice, resultsChannel } from './notices.ts';
import { programIdentity } from './program-identity.ts';
import type { QueueLocation } from './queue-location.ts';
import { createTables } from './queue-tables.ts';
import { jobOf, resultKey } from './queue-task.ts';
import { recordLost, resultsOf, type StoredResult } from './results.ts';
import { enterStudy, removeStudies, type StudyDescription, takeStudy } from './study-record.ts';
import { absentWorkers } from './worker-table.ts';

export interface QueueOptions {
  readonly location: QueueLocation;
  /** How often an evaluation is begun whose worker dies. */
  readonly tries: number;
  /** One line for the user. */
  readonly say: (line: string) => void;
}

/** Jobs that are in the queue at once; the rest waits here, in the order in which it was asked for. */
const WINDOW = 1_024;
const SWEEP_MS = 1_000;
const MAINTENANCE_MS = 30_000;
/** Results of studies that ended are kept for so long. */
const RETENTION_DAYS = 7;

interface Sent {
  readonly task: SetupTask;
  readonly job: NewJob;
  readonly settle: (outcome: ReplicateOutcome) => void;
  readonly refuse: (error: unknown) => void;
}

/** Evaluates on whatever workers pull from the queue; the tables and the study are entered by then. */
export async function openQueueEvaluator(options: QueueOptions, description: StudyDescription): Promise<Evaluator> {
  const coordinator = new Coordinator(options, description);
  try {
    await coordinator.enter();
  } catch (error) {
    await coordinator.close();
    throw error;
  }
  return coordinator;
}

class Coordinator implements Evaluator {
  readonly #database: Database;
  readonly #description: StudyDescription;
  readonly #schema: string;
  readonly #tries: number;
  readonly #say: (line: string) => void;
  readonly #waiting: Sent[] = [];
  readonly #sent = new Map<string, Sent>();
  readonly #alarm = new Alarm();
  /** Jobs whose results are there, as far as notices tell. */
  readonly #arrived = new Set<string>();
  #closed = false;
  #study = '';
  #asked = 0;
  #pumping: Promise<void> = Promise.resolve();
  #sweptAt = performance.now();
  #maintainedAt = performance.now();
  #failure: unknown = null;
  #entered = false;
  #alone: string | null = null;

  constructor({ location, say, tries }: QueueOptions, description: StudyDescription) {
    this.#description = description;
    this.#tries = tries;
    this.#say = say;
    this.#schema = location.schema;
    this.#database = new Database({
      location,
      role: `coordinator of ${description.name}`,
      say,
      patienceMs: 30_000,
      onConnect: async (client) => {
        // After an outage every lease has run out: workers get time to renew theirs.
        this.#sweptAt = performance.now() + LEASE_S * 1000;
        if (this.#entered) await this.#listen(client);
        this.#missNotices();
      },
      onLost: () => this.#missNotices(),
      onNotification: (_, payload) => this.#hear(payload),
    });
  }

  async enter(): Promise<void> {
    await createTables(this.#database);
    const program = programIdentity();
    await this.#database.use((client) => this.#listen(client));
    this.#study = await this.#database.transaction(async (client) => {
      const old = `ended_on < now() - interval '${RETENTION_DAYS} days'`;
      await removeStudies(client, this.#schema, old, []);
      return await enterStudy(client, this.#schema, { description: this.#description, program, tries: this.#tries });
    });
    this.#entered = true;
    this.#pumping = this.#pump();
  }

  async #listen(client: pg.Client): Promise<void> {
    await takeStudy(client, this.#schema, this.#description);
    await client.query(`LISTEN ${resultsChannel(this.#schema)}`);
  }

  #hear(payload: string): void {
    const { study, jobs } = readNotice(payload);
    if (study !== this.#study) return;
    for (const job of jobs.length > 0 ? jobs : this.#sent.keys()) this.#arrived.add(job);
    this.#alarm.ring();
  }

  /** Without a connection nobody hears of results: all may be there by now. */
  #missNotices(): void {
    for (const job of this.#sent.keys()) this.#arrived.add(job);
    this.#alarm.ring();
  }

  async evaluate(task: SetupTask): Promise<ReplicateOutcome> {
    return await new Promise((settle, refuse) => {
      if (this.#failure !== null) return refuse(this.#failure);
      if (this.#closed) return settle(INTERRUPTED);
      this.#waiting.push({ task, job: jobOf(this.#study, task, this.#asked++), settle, refuse });
      this.#alarm.ring();
    });
  }

  async close(): Promise<void> {
    const finished = this.#entered && this.#sent.size === 0 && this.#waiting.length === 0 && this.#failure === null;
    this.#closed = true;
    this.#alarm.ring();
    await this.#pumping;
    for (const { settle } of [...this.#waiting.splice(0), ...this.#sent.values()]) settle(INTERRUPTED);
    this.#sent.clear();
    if (finished) await this.#leave().catch((error) => this.#say(troubleText(error)));
    await this.#database.close();
  }

  /** Nothing is left to do: workers may forget the study. Its results stay for a while. */
  async #leave(): Promise<void> {
    await this.#database.transaction(async (client) => {
      await client.query(`UPDATE ${this.#schema}.study SET ended_on = now() WHERE id = $1`, [this.#study]);
      await dropQueue(client, this.#schema, queueName(this.#study));
    });
  }

  /** One loop does all: send, collect, look after leases. It sleeps until a task, a result or the next sweep. */
  async #pump(): Promise<void> {
    try {
      while (!this.#closed) {
        await this.#send();
        await this.#collect([...this.#arrived]);
        if (performance.now() - this.#sweptAt >= SWEEP_MS) await this.#sweep();
        await this.#alarm.sleep(SWEEP_MS);
      }
    } catch (error) {
      this.#failure = error;
      for (const { refuse } of [...this.#waiting.splice(0), ...this.#sent.values()]) refuse(error);
      this.#sent.clear();
    }
  }

  async #send(): Promise<void> {
    const next = this.#waiting.splice(0, WINDOW - this.#sent.size);
    if (next.length === 0) return;
    for (const one of next) this.#sent.set(one.job.id, one);
    const schema = this.#schema;
    const ids = next.map(({ job }) => job.id);
    const known = await this.#database.transaction(async (client) => {
      await this.#forgetOthers(client, next);
      const found = await resultsOf(client, schema, ids);
      const done = new Set(found.map(({ job }) => job));
      const jobs = next.map(({ job }) => job).filter(({ id }) => !done.has(id));
      await insertJobs(client, schema, queueName(this.#study), jobs);
      return found;
    });
    for (const result of known) this.#settle(result);
    await this.#database.use((client) => notify(client, jobsChannel(schema), { study: this.#study }));
  }

  /** Results of a run with other vectors for the same trials: of an outside evaluator, whose runs are never the same. */
  async #forgetOthers(client: pg.Client, next: readonly Sent[]): Promise<void> {
    if (this.#description.fresh) return;
    const keys = next.map(({ task, job }) => ({ ...resultKey(task), job: job.id }));
    await client.query(
      `DELETE FROM ${this.#schema}.result r
       USING json_to_recordset($2) AS k (trial int, seed bigint, regime int, fidelity float8, rate float8, job uuid)
       WHERE r.study = $1 AND r.trial = k.trial AND r.seed = k.seed AND r.regime = k.regime
         AND r.fidelity = k.fidelity AND r.rate = k.rate AND r.job <> k.job`,
      [this.#study, JSON.stringify(keys)],
    );
  }

  async #collect(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#arrived.delete(id);
    const asked = ids.filter((id) => this.#sent.has(id));
    if (asked.length === 0) return;
    const results = await this.#database.use((client) => resultsOf(client, this.#schema, asked));
    for (const result of results) this.#settle(result);
  }

  #settle({ job, outcome }: StoredResult): void {
    this.#sent.get(job)?.settle(outcome);
    this.#sent.delete(job);
  }

  /** Says so when jobs wait and nobody is there to take them. */
  async #missWorkers(client: pg.Client): Promise<void> {
    if (this.#sent.size === 0) return;
    const alone = await absentWorkers(client, this.#schema, this.#description.name);
    if (alone !== null && alone !== this.#alone) this.#say(alone);
    this.#alone = alone;
  }

  /** Gives jobs of silent workers to others, and gives up those that too many workers did not survive. */
  async #sweep(): Promise<void> {
    await this.#database.use(async (client) => {
      await bossOn(client, this.#schema).expire();
      const tasks = new Map([...this.#sent].map(([id, { task }]) => [id, task]));
      await this.#missWorkers(client);
      await recordLost(client, this.#schema, { study: this.#study, tasks, tries: this.#tries });
      await notify(client, jobsChannel(this.#schema), { study: this.#study });
    });
    await this.#collect([...this.#sent.keys()]);
    this.#sweptAt = performance.now();
    if (performance.now() - this.#maintainedAt < MAINTENANCE_MS) return;
    this.#maintainedAt = performance.now();
    await this.#database.use(async (client) => {
      const jobs = [...this.#sent.values()].map(({ job }) => job);
      await insertJobs(client, this.#schema, queueName(this.#study), jobs);
      await bossOn(client, this.#schema).maintain();
      await client.query(`DELETE FROM ${this.#schema}.worker WHERE seen_on < now() - interval '1 day'`);
    });
  }
}

const INTERRUPTED: ReplicateOutcome = { kind: 'failed', message: 'interrupted' };
