/**
 * Requests as a structure of arrays. No token is stored: which prompts share content follows from
 * `group`/`groupTokens` (a prefix that many requests share) and `parent`/`inheritedTokens`
 * (a session round that starts with an earlier round's prompt and output).
 *
 * Columns grow by `append`, which may replace the arrays: read them through the table, never keep them
 * across an append.
 */
export class RequestTable {
  /** Number of rows in use. */
  length = 0;
  /** µs. */
  arrivalUs: Float64Array;
  /** Prompt tokens, shared prefix included. */
  inputTokens: Int32Array;
  /** True output length: the simulator's secret, never shown to a policy. */
  outputTokens: Int32Array;
  /** Client's output budget; 0 = none given. */
  maxOutputTokens: Int32Array;
  /** Absolute µs; 0 = none. */
  deadlineUs: Float64Array;
  /** TTFT target in µs; 0 = none. */
  sloTargetUs: Float64Array;
  /** Index into `names.sloClasses`, `names.tenants`, `names.clients`, `names.models`. */
  sloClass: Int16Array;
  tenant: Int32Array;
  client: Int32Array;
  model: Int16Array;
  /** Content: index of the shared prefix this prompt starts with (−1 none), and how many tokens of it. */
  group: Int32Array;
  groupTokens: Int32Array;
  /** Content: the row whose prompt+output this prompt starts with (−1 none), and how many tokens of it. */
  parent: Int32Array;
  inheritedTokens: Int32Array;
  /** Index into `names.sessions` (−1 none) and 0-based round. */
  session: Int32Array;
  round: Int32Array;
  /** Label only: index into `names.prefixGroups` (−1 none), and the length written into records. */
  prefixGroupLabel: Int32Array;
  prefixLengthLabel: Int32Array;
  /** 0 or 1. */
  streaming: Uint8Array;
  /** Ids that are not `request_<row>`. */
  readonly customIds = new Map<number, string>();
  /** Label only: share of reasoning tokens in the output, where known. */
  readonly reasonRatios = new Map<number, number>();
  /** Label only: prompt tokens by modality, of multimodal requests. */
  readonly modalities = new Map<number, ModalityTokens>();
  readonly names: RequestNames;

  constructor(capacity: number, names: RequestNames) {
    this.names = names;
    this.arrivalUs = new Float64Array(capacity);
    this.inputTokens = new Int32Array(capacity);
    this.outputTokens = new Int32Array(capacity);
    this.maxOutputTokens = new Int32Array(capacity);
    this.deadlineUs = new Float64Array(capacity);
    this.sloTargetUs = new Float64Array(capacity);
    this.sloClass = new Int16Array(capacity);
    this.tenant = new Int32Array(capacity);
    this.client = new Int32Array(capacity);
    this.model = new Int16Array(capacity);
    this.group = new Int32Array(capacity).fill(-1);
    this.groupTokens = new Int32Array(capacity);
    this.parent = new Int32Array(capacity).fill(-1);
    this.inheritedTokens = new Int32Array(capacity);
    this.session = new Int32Array(capacity).fill(-1);
    this.round = new Int32Array(capacity);
    this.prefixGroupLabel = new Int32Array(capacity).fill(-1);
    this.prefixLengthLabel = new Int32Array(capacity);
    this.streaming = new Uint8Array(capacity);
  }

  get capacity(): number {
    return this.arrivalUs.length;
  }

  /** Adds an empty row (all zero, all links −1) and answers its index. */
  append(): number {
    if (this.length === this.capacity) this.#grow(Math.max(16, this.capacity * 2));
    return this.length++;
  }

  /** `request_<row>` unless a custom id was set. */
  id(row: number): string {
    return this.customIds.get(row) ?? `request_${row}`;
  }

  /** An independent table of the rows `order`, in that order; a parent that is not among them is none. */
  select(order: ArrayLike<number>): RequestTable {
    const result = new RequestTable(order.length, this.names);
    result.length = order.length;
    for (const name of COLUMNS) gather(this[name], order, result[name]);
    const place = new Int32Array(this.length).fill(-1);
    for (let row = 0; row < order.length; row++) place[order[row]!] = row;
    const { parent } = result;
    for (let row = 0; row < order.length; row++) if (parent[row]! >= 0) parent[row] = place[parent[row]!]!;
    copyLabels(this.customIds, result.customIds, place);
    copyLabels(this.reasonRatios, result.reasonRatios, place);
    copyLabels(this.modalities, result.modalities, place);
    return result;
  }

  /** An independent copy that shares only `names`. */
  copy(): RequestTable {
    const result = new RequestTable(this.length, this.names);
    for (const name of COLUMNS) (result[name] as Column).set(this[name].subarray(0, this.length) as never);
    result.length = this.length;
    for (const [row, id] of this.customIds) result.customIds.set(row, id);
    for (const [row, ratio] of this.reasonRatios) result.reasonRatios.set(row, ratio);
    for (const [row, tokens] of this.modalities) result.modalities.set(row, tokens);
    return result;
  }

  #grow(capacity: number): void {
    this.arrivalUs = enlarge(this.arrivalUs, new Float64Array(capacity));
    this.inputTokens = enlarge(this.inputTokens, new Int32Array(capacity));
    this.outputTokens = enlarge(this.outputTokens, new Int32Array(capacity));
    this.maxOutputTokens = enlarge(this.maxOutputTokens, new Int32Array(capacity));
    this.deadlineUs = enlarge(this.deadlineUs, new Float64Array(capacity));
    this.sloTargetUs = enlarge(this.sloTargetUs, new Float64Array(capacity));
    this.sloClass = enlarge(this.sloClass, new Int16Array(capacity));
    this.tenant = enlarge(this.tenant, new Int32Array(capacity));
    this.client = enlarge(this.client, new Int32Array(capacity));
    this.model = enlarge(this.model, new Int16Array(capacity));
    this.group = enlarge(this.group, new Int32Array(capacity).fill(-1));
    this.groupTokens = enlarge(this.groupTokens, new Int32Array(capacity));
    this.parent = enlarge(this.parent, new Int32Array(capacity).fill(-1));
    this.inheritedTokens = enlarge(this.inheritedTokens, new Int32Array(capacity));
    this.session = enlarge(this.session, new Int32Array(capacity).fill(-1));
    this.round = enlarge(this.round, new Int32Array(capacity));
    this.prefixGroupLabel = enlarge(this.prefixGroupLabel, new Int32Array(capacity).fill(-1));
    this.prefixLengthLabel = enlarge(this.prefixLengthLabel, new Int32Array(capacity));
    this.streaming = enlarge(this.streaming, new Uint8Array(capacity));
  }
}

export interface ModalityTokens {
  readonly text: number;
  readonly image: number;
  readonly audio: number;
  readonly video: number;
}

const COLUMNS = [
  'arrivalUs',
  'inputTokens',
  'outputTokens',
  'maxOutputTokens',
  'deadlineUs',
  'sloTargetUs',
  'sloClass',
  'tenant',
  'client',
  'model',
  'group',
  'groupTokens',
  'parent',
  'inheritedTokens',
  'session',
  'round',
  'prefixGroupLabel',
  'prefixLengthLabel',
  'streaming',
] as const satisfies readonly (keyof RequestTable)[];

/** Texts behind the index columns; entry 0 of classes, tenants, clients and models may be the empty string. */
export interface RequestNames {
  readonly sloClasses: string[];
  readonly tenants: string[];
  readonly clients: string[];
  readonly models: string[];
  readonly prefixGroups: string[];
  readonly sessions: string[];
  /** Token count of each shared prefix, by `group` index. */
  readonly groupLengths: number[];
}

type Column = Float64Array | Int32Array | Int16Array | Uint8Array;

function enlarge<T extends Column>(old: T, fresh: T): T {
  fresh.set(old as never);
  return fresh;
}

function gather(from: Column, order: ArrayLike<number>, to: Column): void {
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
}

/** @param place - new row of each old one; −1 = it is left out */
function copyLabels<T>(from: ReadonlyMap<number, T>, to: Map<number, T>, place: Int32Array): void {
  for (const [row, label] of from) if (place[row]! >= 0) to.set(place[row]!, label);
}
