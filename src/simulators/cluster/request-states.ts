import type { RequestTable } from '../workload/request-table.ts';
import type { Column, ColumnName, RequestsView } from './column-owners.ts';
import type { RequestIndex, Row } from './indices.ts';

/** Where a request is in its life. */
export const PHASE = {
  /** Not at an instance yet, or in the queueing delay. */
  pending: 0,
  queued: 1,
  running: 2,
  completed: 3,
  timedOut: 4,
  /** Could never be served; the instance forgot it. */
  dropped: 5,
  /** Taken out by the gateway. */
  evicted: 6,
} as const;

/** Whether decoding starts from KV blocks that another instance has computed. */
export const PREFILLED = {
  no: 0,
  /** The blocks are here. */
  yes: 1,
  /** They were here until a preemption: the prompt is computed again, its first token in a step of its own. */
  lost: 2,
} as const;

/** Request state for whoever adds requests: columns are to be read. */
export type RequestRegister = RequestsView & Pick<RequestStates, 'add' | 'setUrgency'>;

type RowColumn = Int32Array & Column<Row>;

/**
 * The engine's view of requests as a structure of arrays. Without disaggregation index = table row; sub-requests of
 * disaggregation and follow-ups get indices of their own. Columns are replaced when they grow: read them through the
 * object, never keep them across `add`.
 */
export class RequestStates implements Readonly<Record<ColumnName, Int32Array | Float64Array | Uint8Array>> {
  length = 0;
  /** Largest number of prompt and output tokens of a request. */
  longest = 0;
  /** Row of the request table that holds content and labels. */
  row: RowColumn;
  inputTokens: Int32Array;
  outputTokens: Int32Array;
  /** Client's output budget; 0 = none. */
  maxOutputTokens: Int32Array;
  arrivalUs: Float64Array;
  deadlineUs: Float64Array;
  /** Scheduling priority at the instance: lower is more urgent. */
  urgency: Float64Array;
  phase: Uint8Array;
  instance: Int32Array;
  /** KV ownership: place of the owned block list in the shared slab, its length and capacity. */
  ownedAt: Int32Array;
  ownedCount: Int32Array;
  ownedCapacity: Int32Array;
  /** Tokens that still fit into the last owned block. */
  room: Int32Array;
  /** Not aligned: index, in prompt ++ output, of the first token of the last owned block while it is not full. */
  tailStart: Int32Array;
  /** 1 while owned block i holds exactly tokens [i·size, (i+1)·size) under their usual keys. */
  aligned: Uint8Array;
  /** 1 where own blocks have books of their own; else, after a release: 1 + place of block 0 among the free blocks. */
  named: Uint8Array;
  ringAt: Int32Array;
  /** Blocks that were full then. */
  ringKeyed: Int32Array;
  /** In the batch: progress after the step (prefill), and tokens given in it; between steps 1 in decode. */
  stepTarget: Int32Array;
  stepTokens: Int32Array;
  /** In the batch: progress at which the request completes, and at which it next asks the KV cache. */
  finishAt: Int32Array;
  askAt: Int32Array;
  /** Of `PREFILLED`. */
  prefilled: Uint8Array;
  /** Decode steps and their summed gaps at the instance before the request's own first one. */
  firstDecodeStep: Float64Array;
  gapsBefore: Float64Array;
  /** CPU mirror: owned blocks already accounted for, and the order of admission. */
  walked: Int32Array;
  admission: Float64Array;
  /** CPU mirror: node of the run of the request's own keys there; 0 = none, −1 = they have nodes one by one. */
  mirrorRun: Int32Array;
  /** CPU mirror: 1 while its shared prefix is counted with those of others. */
  mirrorJoint: Uint8Array;
  /** Results, µs; NaN = never happened. */
  ttftUs: Float64Array;
  schedulingDelayUs: Float64Array;
  e2eUs: Float64Array;
  itlSumUs: Float64Array;
  itlCount: Int32Array;
  firstGapUs: Float64Array;
  lengthCapped: Uint8Array;
  registered: Uint8Array;
  #table: RequestTable;
  #urgencyOfClass: Float64Array;

  /**
   * The first `rows` rows of the table, and room for `capacity` requests.
   * @param urgencyOfClass - by SLO class of the table
   */
  constructor(
    table: RequestTable,
    urgencyOfClass: Float64Array,
    { capacity, rows = table.length }: { readonly capacity: number; readonly rows?: number },
  ) {
    this.#table = table;
    this.#urgencyOfClass = urgencyOfClass;
    this.row = new Int32Array(capacity) as RowColumn;
    this.inputTokens = new Int32Array(capacity);
    this.outputTokens = new Int32Array(capacity);
    this.maxOutputTokens = new Int32Array(capacity);
    this.arrivalUs = new Float64Array(capacity);
    this.deadlineUs = new Float64Array(capacity);
    this.urgency = new Float64Array(capacity);
    this.phase = new Uint8Array(capacity);
    this.instance = new Int32Array(capacity);
    this.ownedAt = new Int32Array(capacity);
    this.ownedCount = new Int32Array(capacity);
    this.ownedCapacity = new Int32Array(capacity);
    this.room = new Int32Array(capacity);
    this.tailStart = new Int32Array(capacity);
    this.aligned = new Uint8Array(capacity);
    this.named = new Uint8Array(capacity);
    this.ringAt = new Int32Array(capacity);
    this.ringKeyed = new Int32Array(capacity);
    this.stepTarget = new Int32Array(capacity);
    this.stepTokens = new Int32Array(capacity);
    this.finishAt = new Int32Array(capacity);
    this.askAt = new Int32Array(capacity);
    this.prefilled = new Uint8Array(capacity);
    this.firstDecodeStep = new Float64Array(capacity);
    this.gapsBefore = new Float64Array(capacity);
    this.walked = new Int32Array(capacity);
    this.admission = new Float64Array(capacity);
    this.mirrorRun = new Int32Array(capacity);
    this.mirrorJoint = new Uint8Array(capacity);
    this.ttftUs = new Float64Array(capacity);
    this.schedulingDelayUs = new Float64Array(capacity);
    this.e2eUs = new Float64Array(capacity);
    this.itlSumUs = new Float64Array(capacity);
    this.itlCount = new Int32Array(capacity);
    this.firstGapUs = new Float64Array(capacity);
    this.lengthCapped = new Uint8Array(capacity);
    this.registered = new Uint8Array(capacity);
    this.#addRows(rows);
  }

  /** Begins anew with all rows of a table, which must fit. */
  restart(table: RequestTable, urgencyOfClass: Float64Array): void {
    this.#table = table;
    this.#urgencyOfClass = urgencyOfClass;
    this.longest = 0;
    for (const column of Object.values(this)) if (ArrayBuffer.isView(column)) (column as Float64Array).fill(0);
    this.#addRows(table.length);
  }

  /** Requests that fit without larger columns. */
  get capacity(): number {
    return this.row.length;
  }

  /**
   * A new request with the attributes of a table row.
   * @param outputTokens - of the request where they are not the row's
   */
  add(row: Row, outputTokens = this.#table.outputTokens[row]!): RequestIndex {
    const table = this.#table;
    if (this.length === this.row.length) this.#grow(Math.max(16, 2 * this.length));
    const index = this.length++ as RequestIndex;
    this.row[index] = row;
    this.inputTokens[index] = table.inputTokens[row]!;
    this.outputTokens[index] = outputTokens;
    this.longest = Math.max(this.longest, table.inputTokens[row]! + table.outputTokens[row]!);
    this.maxOutputTokens[index] = table.maxOutputTokens[row]!;
    this.arrivalUs[index] = table.arrivalUs[row]!;
    this.deadlineUs[index] = table.deadlineUs[row]!;
    this.urgency[index] = this.#urgencyOfClass[table.sloClass[row]!]!;
    return index;
  }

  /** A policy has another opinion of a request than its class. */
  setUrgency(request: RequestIndex, urgency: number): void {
    this.urgency[request] = urgency;
  }

  #markUnknown(): void {
    this.instance.fill(-1);
    for (const column of [this.ttftUs, this.schedulingDelayUs, this.e2eUs, this.firstGapUs]) column.fill(Number.NaN);
  }

  #addRows(count: number): void {
    this.#markUnknown();
    const table = this.#table;
    for (let row = 0; row < count; row++) {
      this.row[row] = row as Row;
      this.longest = Math.max(this.longest, table.inputTokens[row]! + table.outputTokens[row]!);
      this.urgency[row] = this.#urgencyOfClass[table.sloClass[row]!]!;
    }
    this.inputTokens.set(table.inputTokens.subarray(0, count));
    this.outputTokens.set(table.outputTokens.subarray(0, count));
    this.maxOutputTokens.set(table.maxOutputTokens.subarray(0, count));
    this.arrivalUs.set(table.arrivalUs.subarray(0, count));
    this.deadlineUs.set(table.deadlineUs.subarray(0, count));
    this.length = count;
  }

  #grow(capacity: number): void {
    const empty = new RequestStates(this.#table, this.#urgencyOfClass, { capacity, rows: 0 });
    for (const name of Object.keys(empty) as (keyof RequestStates)[]) {
      const fresh = empty[name];
      if (typeof fresh !== 'object') continue;
      (fresh as Float64Array).set(this[name] as unknown as Float64Array);
      (this as Record<string, unknown>)[name] = fresh;
    }
  }
}
