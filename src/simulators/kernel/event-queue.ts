/**
 * Pending events of a discrete-event simulation: a binary heap on parallel arrays, ordered by (time, rank, sequence).
 * Rank orders kinds at one instant; sequence is insertion order, so that the order is total and runs repeat exactly.
 */
export class EventQueue {
  #times: Float64Array;
  #ranks: Int32Array;
  #sequences: Float64Array;
  #payloads: Int32Array;
  #length = 0;
  #nextSequence = 0;
  /** Time and rank of the event popped last. */
  time = Number.NEGATIVE_INFINITY;
  rank = 0;

  constructor(capacity = 64) {
    this.#times = new Float64Array(capacity);
    this.#ranks = new Int32Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#payloads = new Int32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Time of the next event; Infinity when there is none. */
  peekTime(): number {
    return this.#length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  /** Payload of the next event. @throws RangeError when empty */
  peek(): number {
    if (this.#length === 0) throw new RangeError('peek into an empty event queue');
    return this.#payloads[0]!;
  }

  /** Payload of the next event. The queue must not be empty. */
  peekPayload(): number {
    return this.#payloads[0]!;
  }

  /** @param payload - 32-bit integer, usually an index */
  push(time: number, rank: number, payload: number): void {
    if (this.#length === this.#times.length) this.#grow();
    const times = this.#times;
    const ranks = this.#ranks;
    const sequences = this.#sequences;
    const payloads = this.#payloads;
    const sequence = this.#nextSequence++;
    let hole = this.#length++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentTime = times[parent]!;
      if (time > parentTime || (time === parentTime && rank >= ranks[parent]!)) break;
      times[hole] = parentTime;
      ranks[hole] = ranks[parent]!;
      sequences[hole] = sequences[parent]!;
      payloads[hole] = payloads[parent]!;
      hole = parent;
    }
    times[hole] = time;
    ranks[hole] = rank;
    sequences[hole] = sequence;
    payloads[hole] = payload;
  }

  /** Removes the first event and answers its payload; `time` and `rank` describe it. @throws RangeError when empty */
  pop(): number {
    if (this.#length === 0) throw new RangeError('pop from an empty event queue');
    const times = this.#times;
    const ranks = this.#ranks;
    const sequences = this.#sequences;
    const payloads = this.#payloads;
    const payload = payloads[0]!;
    this.time = times[0]!;
    this.rank = ranks[0]!;
    const last = --this.#length;
    const time = times[last]!;
    const rank = ranks[last]!;
    const sequence = sequences[last]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      const childTime = times[child]!;
      const childRank = ranks[child]!;
      if (
        time < childTime ||
        (time === childTime && (rank < childRank || (rank === childRank && sequence < sequences[child]!)))
      ) {
        break;
      }
      times[hole] = childTime;
      ranks[hole] = childRank;
      sequences[hole] = sequences[child]!;
      payloads[hole] = payloads[child]!;
      hole = child;
    }
    times[hole] = time;
    ranks[hole] = rank;
    sequences[hole] = sequence;
    payloads[hole] = payloads[last]!;
    return payload;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    if (difference !== 0) return difference < 0;
    const ranks = this.#ranks[a]! - this.#ranks[b]!;
    return ranks !== 0 ? ranks < 0 : this.#sequences[a]! < this.#sequences[b]!;
  }

  #grow(): void {
    const capacity = Math.max(16, this.#times.length * 2);
    const copy = <T extends Float64Array | Int32Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.#times = copy(this.#times, new Float64Array(capacity));
    this.#ranks = copy(this.#ranks, new Int32Array(capacity));
    this.#sequences = copy(this.#sequences, new Float64Array(capacity));
    this.#payloads = copy(this.#payloads, new Int32Array(capacity));
  }
}
