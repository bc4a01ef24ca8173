import { randomUUID } from 'node:crypto';
import type { FollowUpSource, RequestEnd, Workload } from '../../simulators/workload/follow-ups.ts';
import type { RequestTable } from '../../simulators/workload/request-table.ts';
import { Arrivals } from './arrivals.ts';
import { Pause } from './clock.ts';
import { type CompletionRequest, completionCall, type ServerTarget } from './completion-call.ts';
import type { Call, Exchange, HttpClient } from './http-exchange.ts';
import type { PromptTexts } from './prompt-texts.ts';
import { StayAwake } from './stay-awake.ts';

export interface LoadOptions {
  readonly client: HttpClient;
  readonly server: ServerTarget;
  /** Generated with the token ids that `prompts` was given. */
  readonly workload: Workload;
  readonly prompts: PromptTexts;
  readonly length: CompletionRequest['length'];
  /** Which requests ask for a stream; `as-listed`: those whose client does. */
  readonly streams: 'all' | 'none' | 'as-listed';
  /** Requests under way at the same time, at most; while there are so many, all others wait. */
  readonly maxConcurrency: number;
  /** Of a whole exchange. */
  readonly timeoutMs: number;
  /** Keeps a core busy while answers are awaited, so that nothing is timed late. */
  readonly stayAwake: boolean;
  /** Ends the load. Requests under way, which the client gives up at the same signal, are not reported. */
  readonly signal: AbortSignal;
  /** Called for each request that ended, in the order in which they end. */
  readonly onEnded: (request: EndedRequest) => void;
}

/** One request of the load with what was measured. */
export interface EndedRequest {
  /** Place in order of dispatch, from 0. */
  readonly id: number;
  readonly table: RequestTable;
  readonly row: number;
  readonly streamed: boolean;
  /** The id sent along with it. */
  readonly requestId: string;
  readonly exchange: Exchange;
}

export interface LoadTotals {
  /** By the client's clock: when time 0 of the workload was, and when the last request had ended. */
  readonly startedUs: number;
  readonly endedUs: number;
  readonly dispatched: number;
  /** Requests under way when the load was ended. */
  readonly cancelled: number;
  /** Requests sent more than 10 ms after their time, and the most that one was late. */
  readonly late: number;
  readonly latestUs: number;
}

const LATE_US = 10_000;

/**
 * Sends the requests of a workload at their times. Latencies count from the moment of sending, so a request that leaves
 * late, because the limit of requests under way was reached or this machine was busy, is a request at a later time.
 */
export async function runLoad(options: LoadOptions): Promise<LoadTotals> {
  return await new Load(options).run();
}

interface Prepared {
  readonly row: number;
  readonly call: Call;
  readonly requestId: string;
}

class Load {
  readonly #options: LoadOptions;
  readonly #table: RequestTable;
  readonly #followUps: FollowUpSource | null;
  readonly #arrivals: Arrivals;
  readonly #pause: Pause;
  readonly #awake: StayAwake | null;
  #open = 0;
  #startedUs = 0;
  #dispatched = 0;
  #cancelled = 0;
  #late = 0;
  #latestUs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { table, followUps } = options.workload.start();
    this.#table = table;
    this.#followUps = followUps;
    this.#arrivals = new Arrivals(table);
    this.#pause = new Pause(options.client.clock);
    this.#awake = options.stayAwake ? new StayAwake() : null;
  }

  async run(): Promise<LoadTotals> {
    const { client, signal } = this.#options;
    const stop = () => this.#pause.end();
    signal.addEventListener('abort', stop);
    this.#startedUs = client.clock.now();
    try {
      await this.#dispatchAll();
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return {
      startedUs: this.#startedUs,
      endedUs: client.clock.now(),
      dispatched: this.#dispatched,
      cancelled: this.#cancelled,
      late: this.#late,
      latestUs: this.#latestUs,
    };
  }

  async #dispatchAll(): Promise<void> {
    const { signal, maxConcurrency } = this.#options;
    let prepared: Prepared | null = null;
    while (!signal.aborted) {
      const row = this.#arrivals.peek();
      if (row < 0 && this.#open === 0) return;
      if (row >= 0 && prepared?.row !== row) prepared = this.#prepare(row);
      // An earlier round may become known, or a request end, while this one waits.
      const isFull = this.#open >= maxConcurrency;
      const dueUs = row < 0 || isFull ? Number.POSITIVE_INFINITY : this.#startedUs + this.#table.arrivalUs[row]!;
      if (!(await this.#pause.until(dueUs)) || prepared === null) continue;
      this.#arrivals.take();
      this.#dispatch(prepared, dueUs);
      prepared = null;
      // The request is written once those that wait for this turn were called: preparing the next one is not to hold it up.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    while (this.#open > 0) await this.#pause.until(Number.POSITIVE_INFINITY);
  }

  #prepare(row: number): Prepared {
    const { server, prompts, length } = this.#options;
    const table = this.#table;
    const { names } = table;
    const requestId = randomUUID();
    const call = completionCall(server, {
      prompt: prompts.text(table, row),
      model: names.models[table.model[row]!] ?? '',
      outputTokens: table.outputTokens[row]!,
      length,
      streams: this.#streams(row),
      tenant: names.tenants[table.tenant[row]!] ?? '',
      sloClass: names.sloClasses[table.sloClass[row]!] ?? '',
      sloTargetUs: table.sloTargetUs[row]!,
      requestId,
    });
    return { row, call, requestId };
  }

  #streams(row: number): boolean {
    const { streams } = this.#options;
    return streams === 'all' || (streams === 'as-listed' && this.#table.streaming[row] === 1);
  }

  #dispatch({ row, call, requestId }: Prepared, dueUs: number): void {
    const { client, timeoutMs } = this.#options;
    const id = this.#dispatched++;
    this.#open++;
    this.#awake?.start();
    void client.exchange(call, timeoutMs).then((ended) => {
      if (--this.#open === 0) this.#awake?.stop();
      this.#noteLateness(ended.sendUs - dueUs);
      if (ended.status === 'cancelled') this.#cancelled++;
      else this.#end({ id, row, table: this.#table, streamed: call.answer === 'events', requestId, exchange: ended });
      this.#pause.end();
    });
  }

  #noteLateness(lateUs: number): void {
    if (lateUs > LATE_US) this.#late++;
    this.#latestUs = Math.max(this.#latestUs, lateUs);
  }

  #end(request: EndedRequest): void {
    const { client, prompts, onEnded } = this.#options;
    const { row, exchange } = request;
    if (this.#followUps !== null) prompts.answered(row, exchange.text);
    const atUs = Math.round(client.clock.now() - this.#startedUs);
    const next = this.#followUps?.next(this.#table, row, END[exchange.status], exchange.outputTokens, atUs) ?? -1;
    if (next >= 0) this.#arrivals.add(next);
    onEnded(request);
  }
}

/** How the session rules see the end of a request. */
const END: Readonly<Record<Exchange['status'], RequestEnd>> = {
  ok: 'completed',
  timeout: 'timed-out',
  error: 'dropped',
  cancelled: 'dropped',
};
