const HISTORY = 100;
const LEAST_AVERAGE = 0.001;

/** Mean of the last 100 durations, at least 1 ms; 1 ms before the first. */
class DurationHistory {
  readonly #ring = new Float64Array(HISTORY);
  #count = 0;

  push(seconds: number): void {
    this.#ring[this.#count % HISTORY] = seconds;
    this.#count++;
  }

  mean(): number {
    const size = Math.min(this.#count, HISTORY);
    if (size === 0) return LEAST_AVERAGE;
    let sum = 0;
    for (let i = 0; i < size; i++) sum += this.#ring[i]!;
    return Math.max(LEAST_AVERAGE, sum / size);
  }
}

/** Slots that are free or busy until a known time. */
export class SlotNode {
  readonly slots: number;
  readonly history = new DurationHistory();
  readonly #ends: number[] = [];

  constructor(slots: number) {
    this.slots = slots;
  }

  get busy(): number {
    return this.#ends.length;
  }

  get free(): number {
    return this.slots - this.#ends.length;
  }

  occupy(end: number): void {
    if (this.free <= 0) throw new RangeError(`all ${this.slots} slots are busy`);
    this.#ends.push(end);
  }

  release(end: number): void {
    const index = this.#ends.indexOf(end);
    if (index < 0) throw new RangeError(`no work ends at ${end}`);
    this.#ends[index] = this.#ends[this.#ends.length - 1]!;
    this.#ends.pop();
  }

  /** Seconds until the latest end of active work. */
  delay(now: number): number {
    let latest = now;
    for (const end of this.#ends) if (end > latest) latest = end;
    return latest - now;
  }
}
