import { EventQueue } from '../kernel/event-queue.ts';
import type { ClientProfile } from './client-profile.ts';
import { GoRandom, type SeedResidue } from './go-random.ts';
import type { RequestTable } from './request-table.ts';
import { RegisterBank } from './skip-kernel.ts';
import type { TokenSink } from './token-sink.ts';
import { type GenerationLimits, type TrafficSource, trafficSource } from './traffic-source.ts';

/** Clients whose streams are open at the same time; each takes 5 KB. */
const CHUNK = 2_048;

/**
 * Requests of all rate-based clients with constant rates: the first `maxRequests` by (arrival, client, order within
 * the client). The clients are merged in time order, so hardly more is drawn than kept.
 * @param master - gives one seed to every client with a rate
 * @returns the table in final order
 */
export function generateStatic(
  table: RequestTable,
  sink: TokenSink,
  profiles: readonly ClientProfile[],
  ratesPerUs: readonly number[],
  master: GoRandom,
  limits: GenerationLimits,
): RequestTable {
  const seeded: { readonly profile: ClientProfile; readonly seed: SeedResidue }[] = [];
  for (const profile of profiles) {
    if (ratesPerUs[profile.index]! > 0) seeded.push({ profile, seed: master.childSeed() });
  }
  let result = table;
  for (let from = 0; from < seeded.length; from += CHUNK) {
    const chunk = seeded.slice(from, from + CHUNK);
    const bank = new RegisterBank(chunk.length);
    const sources = chunk.map(({ profile, seed }) =>
      trafficSource(profile, ratesPerUs[profile.index]!, new GoRandom(seed, bank.slot()), limits),
    );
    // Later clients lose ties, so nothing of theirs at or after the last row that fits can stay.
    const full = result.length >= limits.maxRequests;
    const boundUs = full ? (result.arrivalUs[result.length - 1] ?? 0) : Number.POSITIVE_INFINITY;
    mergeSources(result, sink, sources, boundUs, limits.maxRequests);
    result = earliest(result, sink, limits.maxRequests);
  }
  return result;
}

/** The first `count` rows by (arrival, client, row), as a table in that order. */
export function earliest(table: RequestTable, sink: TokenSink, count: number): RequestTable {
  const { arrivalUs, client, length } = table;
  let sorted = true;
  for (let row = 1; row < length && sorted; row++) {
    const gap = arrivalUs[row]! - arrivalUs[row - 1]!;
    sorted = gap > 0 || (gap === 0 && client[row]! >= client[row - 1]!);
  }
  if (sorted && length <= count) return table;
  let order = Int32Array.from({ length }, (_, row) => row);
  if (!sorted) {
    order.sort((a, b) => arrivalUs[a]! - arrivalUs[b]! || client[a]! - client[b]! || a - b);
  }
  if (length > count) order = order.slice(0, count);
  sink.select(order);
  return table.select(order);
}

/**
 * Emits sources in (start, client) order until `wanted` rows can no longer be preceded by anything to come.
 * Rounds of sessions lie in the future of their start, so they count only once the merge has passed them.
 */
function mergeSources(
  table: RequestTable,
  sink: TokenSink,
  sources: TrafficSource[],
  boundUs: number,
  wanted: number,
): void {
  const draft = { table, sink };
  const heap = sources.sort(before);
  const future = new EventQueue();
  let settled = 0;
  for (;;) {
    const source = heap[0];
    if (source === undefined || source.startUs >= boundUs || source.startUs === Number.POSITIVE_INFINITY) return;
    const nowUs = source.startUs;
    while (future.peekTime() < nowUs) {
      future.pop();
      settled++;
    }
    if (settled >= wanted) return;
    const first = table.length;
    source.emit(draft);
    for (let row = first; row < table.length; row++) {
      if (table.arrivalUs[row]! === nowUs) settled++;
      else future.push(table.arrivalUs[row]!, 0, 0);
    }
    if (settled >= wanted) return;
    siftDown(heap);
  }
}

function before(a: TrafficSource, b: TrafficSource): number {
  return a.startUs === b.startUs ? a.index - b.index : a.startUs - b.startUs;
}

/** Restores the heap order after the root moved to a later start. */
function siftDown(heap: TrafficSource[]): void {
  const moved = heap[0]!;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!) < 0) child++;
    if (before(heap[child]!, moved) >= 0) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = moved;
}
