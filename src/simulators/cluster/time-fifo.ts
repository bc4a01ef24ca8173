/**
 * Queue of (time, payload) in order of time, equal times in order of insertion. Meant for times that (almost) never
 * decrease: an entry is inserted from the tail, at a cost proportional to the entries it overtakes.
 */
export class TimeFifo {
  #times: Float64Array;
  #payloads: Int32Array;
  #head = 0;
  #tail = 0;
  /** Time of the first entry; Infinity when there is none. */
  headTime = Number.POSITIVE_INFINITY;

  constructor(capacity = 16) {
    this.#times = new Float64Array(capacity);
    this.#payloads = new Int32Array(capacity);
  }

  get length(): number {
    return this.#tail - this.#head;
  }

  push(time: number, payload: number): void {
    if (this.#tail === this.#times.length) this.#makeRoom();
    const times = this.#times;
    const payloads = this.#payloads;
    let hole = this.#tail++;
    while (hole > this.#head && times[hole - 1]! > time) {
      times[hole] = times[hole - 1]!;
      payloads[hole] = payloads[hole - 1]!;
      hole--;
    }
    times[hole] = time;
    payloads[hole] = payload;
    this.headTime = times[this.#head]!;
  }

  /** Removes the first entry and answers its payload. @throws RangeError when empty */
  shift(): number {
    if (this.#head === this.#tail) throw new RangeError('shift from an empty queue');
    const payload = this.#payloads[this.#head++]!;
    this.headTime = this.#head === this.#tail ? Number.POSITIVE_INFINITY : this.#times[this.#head]!;
    return payload;
  }

  /** Moves the entries to the front, into larger arrays where more than half is in use. */
  #makeRoom(): void {
    const length = this.#tail - this.#head;
    const capacity = 2 * length > this.#times.length ? 2 * this.#times.length : this.#times.length;
    const times = capacity === this.#times.length ? this.#times : new Float64Array(capacity);
    const payloads = capacity === this.#payloads.length ? this.#payloads : new Int32Array(capacity);
    times.set(this.#times.subarray(this.#head, this.#tail));
    payloads.set(this.#payloads.subarray(this.#head, this.#tail));
    this.#times = times;
    this.#payloads = payloads;
    this.#head = 0;
    this.#tail = length;
  }
}
