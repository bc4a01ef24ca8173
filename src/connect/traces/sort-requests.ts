import type { TraceRequest } from './trace-request.ts';

/** Where sorted runs of requests wait that do not fit into memory. */
export interface SpillStore {
  /** Adds lines to a run. */
  write(run: number, lines: readonly string[]): void;
  /** The lines of a run, in order. */
  read(run: number): Iterable<string>;
}

/** A request with its place in the file, which decides between equal times. */
interface Placed {
  readonly request: TraceRequest;
  readonly place: number;
}

/** Rough size of a request in memory, bytes, beside its block ids. */
const REQUEST_BYTES = 400;
const WRITTEN_AT_ONCE = 1_000;

/**
 * Sorts requests by time; equal times keep the order of the file. What does not fit into memory goes to sorted runs,
 * which are merged at the end: a file in order, or nearly so, becomes a single run.
 * @see Knuth, The Art of Computer Programming 3, 5.4.1: replacement selection
 */
export class RequestSorter {
  readonly #store: SpillStore;
  readonly #limitBytes: number;
  /** Of the run at hand, and of the next one: what came too late for it. */
  #heap: Placed[] = [];
  #late: Placed[] = [];
  #bytes = 0;
  #place = 0;
  #run = 0;
  #lines: string[] = [];
  /** The last request that left the heap. */
  #last: Placed | null = null;
  /** Requests that came after a later one. */
  disorder = 0;
  #latestUs = Number.NEGATIVE_INFINITY;

  constructor(store: SpillStore, limitBytes: number) {
    this.#store = store;
    this.#limitBytes = limitBytes;
  }

  add(request: TraceRequest): void {
    const placed = { request, place: this.#place++ };
    if (request.atUs < this.#latestUs) this.disorder++;
    else this.#latestUs = request.atUs;
    if (this.#last !== null && before(placed, this.#last)) this.#late.push(placed);
    else push(this.#heap, placed);
    this.#bytes += bytesOf(request);
    while (this.#bytes > this.#limitBytes) this.#spill();
  }

  /** All requests in order. To be read once. */
  *sorted(): Generator<TraceRequest> {
    if (this.#run === 0 && this.#last === null) {
      for (const { request } of this.#heap.sort(order)) yield request;
      return;
    }
    while (this.#heap.length > 0 || this.#late.length > 0) this.#spill();
    this.#flush();
    yield* merged(Array.from({ length: this.#run + 1 }, (_, run) => this.#readRun(run)));
  }

  /** The earliest request goes to the run at hand; if all that is left is late, a new run begins. */
  #spill(): void {
    if (this.#heap.length === 0) {
      this.#flush();
      this.#run++;
      this.#last = null;
      for (const placed of this.#late) push(this.#heap, placed);
      this.#late = [];
    }
    const next = pop(this.#heap)!;
    this.#last = next;
    this.#bytes -= bytesOf(next.request);
    this.#lines.push(toLine(next));
    if (this.#lines.length >= WRITTEN_AT_ONCE) this.#flush();
  }

  #flush(): void {
    if (this.#lines.length > 0) this.#store.write(this.#run, this.#lines);
    this.#lines = [];
  }

  *#readRun(run: number): Generator<Placed> {
    for (const line of this.#store.read(run)) yield ofLine(line);
  }
}

/** Numbers with tabs between them, and what else there is as JSON: most requests have nothing else. */
function toLine({ place, request }: Placed): string {
  const { atUs, inputTokens, outputTokens, ...rest } = request;
  const more = rest.fields === undefined && rest.measured === undefined && rest.carriesOn === undefined;
  return `${place}\t${atUs}\t${inputTokens}\t${outputTokens}${more ? '' : `\t${JSON.stringify(rest)}`}`;
}

function ofLine(line: string): Placed {
  const [place, at, input, output, rest] = line.split('\t');
  const numbers = { atUs: Number(at), inputTokens: Number(input), outputTokens: Number(output) };
  const request = rest === undefined ? numbers : { ...numbers, ...(JSON.parse(rest) as Partial<TraceRequest>) };
  return { place: Number(place), request };
}

function bytesOf({ fields }: TraceRequest): number {
  return REQUEST_BYTES + (fields?.hashIds?.length ?? 0);
}

function order(a: Placed, b: Placed): number {
  return a.request.atUs - b.request.atUs || a.place - b.place;
}

function before(a: Placed, b: Placed): boolean {
  return order(a, b) < 0;
}

function* merged(runs: readonly Generator<Placed>[]): Generator<TraceRequest> {
  const heads = runs.map((run) => run.next());
  for (;;) {
    let first = -1;
    for (const [run, head] of heads.entries()) {
      if (head.done === true) continue;
      const leader = first < 0 ? undefined : heads[first]!;
      if (leader === undefined || before(head.value, leader.value as Placed)) first = run;
    }
    if (first < 0) return;
    yield (heads[first]!.value as Placed).request;
    heads[first] = runs[first]!.next();
  }
}

/** Binary heap, the earliest on top. */
function push(heap: Placed[], placed: Placed): void {
  let at = heap.length;
  heap.push(placed);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(placed, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = placed;
}

function pop(heap: Placed[]): Placed | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
