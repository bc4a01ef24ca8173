import type { RequestIndex } from '../indices.ts';

const SPAN_BITS = 4;
const SPAN = 1 << SPAN_BITS;

/**
 * Inter-token latencies of one instance without storing any per token: every decode of a step has that step's gap, so
 * a request that decodes without interruption has the gaps of a range of steps. Steps in which it got no token are
 * kept apart, as runs.
 */
export class TokenGaps {
  /** Number of steps with decodes so far, and the sum of their gaps. */
  steps = 0;
  sum = 0;
  #gaps = new Float64Array(256);
  /** Longest gap of each `SPAN` steps in a row. */
  #longestOf = new Float64Array(256 / SPAN);
  /** Completed requests that start (+) or stop (−) decoding before the step. */
  #change = new Int32Array(257);
  /** Runs of skipped steps [from, to): chained per request. */
  readonly #runFrom: number[] = [];
  readonly #runTo: number[] = [];
  readonly #runNext: number[] = [];
  /** First run by request. */
  readonly #runs = new Map<RequestIndex, number>();
  readonly #skippedUs = new Map<RequestIndex, number>();
  /** Pauses by request. */
  readonly #pauses = new Map<RequestIndex, Pause[]>();
  /** Gaps of completed requests that contain a pause. */
  readonly #long: number[] = [];

  /** A step in which at least one request decoded; gap in µs. */
  append(gap: number): void {
    if (this.steps === this.#gaps.length) this.#grow();
    const span = this.steps >> SPAN_BITS;
    if (gap > this.#longestOf[span]!) this.#longestOf[span] = gap;
    this.#gaps[this.steps++] = gap;
    this.sum += gap;
  }

  /** A decoding request got nothing in the step appended last. */
  skip(request: RequestIndex): void {
    const step = this.steps - 1;
    this.#skippedUs.set(request, (this.#skippedUs.get(request) ?? 0) + this.#gaps[step]!);
    const head = this.#runs.get(request);
    if (head !== undefined && this.#runTo[head] === step) {
      this.#runTo[head] = step + 1;
      return;
    }
    this.#runFrom.push(step);
    this.#runTo.push(step + 1);
    this.#runNext.push(head ?? -1);
    this.#runs.set(request, this.#runFrom.length - 1);
  }

  /** A request goes on after it sat out the steps from `from` to now, in a pause of this length. */
  resume(request: RequestIndex, from: number, sumAtPause: number, pausedUs: number): void {
    if (this.steps > from) {
      this.#skippedUs.set(request, (this.#skippedUs.get(request) ?? 0) + this.sum - sumAtPause);
      this.#runFrom.push(from);
      this.#runTo.push(this.steps);
      this.#runNext.push(this.#runs.get(request) ?? -1);
      this.#runs.set(request, this.#runFrom.length - 1);
    }
    const pauses = this.#pauses.get(request) ?? [];
    pauses.push({ from, step: this.steps, addedUs: pausedUs });
    this.#pauses.set(request, pauses);
  }

  /** Total length of a request's pauses since it began to decode. */
  pausedUs(request: RequestIndex): number {
    if (this.#pauses.size === 0) return 0;
    return (this.#pauses.get(request) ?? []).reduce((sum, { addedUs }) => sum + addedUs, 0);
  }

  /** Time skipped by a request since it began to decode. */
  skippedUs(request: RequestIndex): number {
    return this.#skippedUs.size === 0 ? 0 : (this.#skippedUs.get(request) ?? 0);
  }

  /** The request's gaps do not count: it was preempted or gave up. */
  discard(request: RequestIndex): void {
    if (this.#pauses.size > 0) this.#pauses.delete(request);
    if (this.#skippedUs.size === 0) return;
    this.#runs.delete(request);
    this.#skippedUs.delete(request);
  }

  /** The request completed: it decoded in the steps from `from` to now, except the skipped ones. */
  complete(request: RequestIndex, from: number): void {
    const change = this.#change;
    change[from]!++;
    change[this.steps]!--;
    for (let run = this.#runs.size === 0 ? -1 : (this.#runs.get(request) ?? -1); run >= 0; run = this.#runNext[run]!) {
      change[this.#runFrom[run]!]!--;
      change[this.#runTo[run]!]!++;
    }
    if (this.#pauses.size > 0) this.#completePaused(request);
    this.discard(request);
  }

  /** Gap between request's tokens in the step with this index. */
  gapAt(step: number): number {
    return this.#gaps[step]!;
  }

  /** First step from `from` on in which the request decoded. */
  firstStep(request: RequestIndex, from: number): number {
    let step = from;
    for (let moved = true; moved; ) {
      moved = false;
      for (let run = this.#runs.get(request) ?? -1; run >= 0; run = this.#runNext[run]!) {
        if (this.#runFrom[run]! <= step && step < this.#runTo[run]!) {
          step = this.#runTo[run]!;
          moved = true;
        }
      }
    }
    return step;
  }

  /**
   * Longest time between two tokens of a request that is about to complete, as its client sees it: steps in which it got
   * nothing count. @param without - how many of its first tokens are left out
   */
  longest(request: RequestIndex, from: number, without: number): number {
    if (this.#isUnbroken(request)) return this.#longestFrom(from + without);
    let longest = 0;
    for (const gap of this.#clientGaps(request, from).slice(without)) longest = Math.max(longest, gap);
    return longest;
  }

  /** Longest gap of the steps from `step` on: whole spans at once. */
  #longestFrom(step: number): number {
    const gaps = this.#gaps;
    const { steps } = this;
    let longest = 0;
    let at = step;
    for (; at < steps && at % SPAN !== 0; at++) if (gaps[at]! > longest) longest = gaps[at]!;
    for (let span = at >> SPAN_BITS; at < steps; span++, at += SPAN) {
      if (this.#longestOf[span]! > longest) longest = this.#longestOf[span]!;
    }
    return longest;
  }

  /** Time from the start of a request's decode to its token with this number, from 1; NaN with fewer tokens. */
  timeOf(request: RequestIndex, from: number, token: number): number {
    const unbroken = this.#isUnbroken(request);
    const gaps = unbroken ? this.#gaps : this.#clientGaps(request, from);
    const first = unbroken ? from : 0;
    if ((unbroken ? this.steps - from : gaps.length) < token) return Number.NaN;
    let sum = 0;
    for (let k = first; k < first + token; k++) sum += gaps[k]!;
    return sum;
  }

  #isUnbroken(request: RequestIndex): boolean {
    return (
      (this.#runs.size === 0 || !this.#runs.has(request)) && (this.#pauses.size === 0 || !this.#pauses.has(request))
    );
  }

  /** Times between tokens: a step without one adds to the next, a pause adds its own length instead of its steps. */
  #clientGaps(request: RequestIndex, from: number): number[] {
    const pauses = this.#pauses.get(request) ?? [];
    const lastSkipped = new Map<number, number>();
    for (let run = this.#runs.get(request) ?? -1; run >= 0; run = this.#runNext[run]!) {
      lastSkipped.set(this.#runFrom[run]!, this.#runTo[run]!);
    }
    const gaps: number[] = [];
    let waited = 0;
    for (let step = from; step < this.steps; ) {
      for (const pause of pauses) if (pause.step === step) waited += pause.addedUs;
      const to = lastSkipped.get(step);
      const pause = pauses.find((one) => one.from === step && one.step > step);
      if (to === undefined) {
        gaps.push(waited + this.#gaps[step]!);
        waited = 0;
        step++;
      } else if (pause !== undefined) {
        // Steps without a token after a pause prolong its run.
        if (pause.step < to) lastSkipped.set(pause.step, to);
        step = pause.step;
      } else {
        for (; step < to; step++) waited += this.#gaps[step]!;
      }
    }
    return gaps;
  }

  /** Upper bound of the number of distinct gaps. */
  get distinctGaps(): number {
    return this.steps + this.#long.length;
  }

  /** Calls `visit` with the gap and the number of completed requests' tokens of every step. */
  forEachStep(visit: (gap: number, tokens: number) => void): void {
    for (const gap of this.#long) visit(gap, 1);
    let tokens = 0;
    for (let step = 0; step < this.steps; step++) {
      tokens += this.#change[step]!;
      if (tokens > 0) visit(this.#gaps[step]!, tokens);
    }
  }

  /** The first gap after a pause is longer than the gap of its step. */
  #completePaused(request: RequestIndex): void {
    const added = new Map<number, number>();
    for (const { step, addedUs } of this.#pauses.get(request) ?? []) {
      const resumed = this.firstStep(request, step);
      added.set(resumed, (added.get(resumed) ?? 0) + addedUs);
    }
    for (const [step, us] of added) {
      this.#change[step]!--;
      this.#change[step + 1]!++;
      this.#long.push(this.#gaps[step]! + us);
    }
  }

  #grow(): void {
    const gaps = new Float64Array(2 * this.#gaps.length);
    gaps.set(this.#gaps);
    this.#gaps = gaps;
    const longestOf = new Float64Array(gaps.length / SPAN);
    longestOf.set(this.#longestOf);
    this.#longestOf = longestOf;
    const change = new Int32Array(gaps.length + 1);
    change.set(this.#change);
    this.#change = change;
  }
}

interface Pause {
  /** First step that the request sat out, and the first after the pause. */
  readonly from: number;
  readonly step: number;
  /** What the pause adds to the gap of the step after it. */
  readonly addedUs: number;
}
