import type { RequestsView } from '../column-owners.ts';
import type { RequestIndex } from '../indices.ts';
import type { TokenGaps } from './token-gaps.ts';

/** The token whose time is kept: enough text to judge whether a stream flows. */
const TENTH = 10;

/**
 * Answers as their clients see them, where somebody asked: when the tenth token came, and for how long a stream stood
 * still. Computed once per request, when it completes. Times in µs; NaN = never happened.
 */
export class TokenStreams {
  /** From arrival to the tenth output token; NaN for shorter answers. */
  tenthTokenUs: Float64Array;
  /** Longest time between two tokens of the request's last life; NaN with less than two. */
  longestGapUs: Float64Array;
  /** Longest time between a preemption's last token and the first one after it; 0 = never preempted in mid-stream. */
  longestStallUs: Float64Array;
  readonly #requests: RequestsView;
  /** Requests that count arrive in this span, both ends included. */
  readonly #fromUs: number;
  readonly #untilUs: number;
  /** Time from arrival to the last token before a preemption. */
  readonly #brokenOffUs = new Map<number, number>();

  constructor(requests: RequestsView, { fromUs, untilUs }: { readonly fromUs: number; readonly untilUs: number }) {
    this.#requests = requests;
    this.#fromUs = fromUs;
    this.#untilUs = untilUs;
    const capacity = requests.capacity;
    this.tenthTokenUs = new Float64Array(capacity).fill(Number.NaN);
    this.longestGapUs = new Float64Array(capacity).fill(Number.NaN);
    this.longestStallUs = new Float64Array(capacity);
  }

  counts(request: RequestIndex): boolean {
    const arrivalUs = this.#requests.arrivalUs[request]!;
    return arrivalUs >= this.#fromUs && arrivalUs <= this.#untilUs;
  }

  /** The request completed; its decode began with the step `from` of the instance with these gaps. */
  completed(request: RequestIndex, from: number, gaps: TokenGaps): void {
    if (!this.counts(request)) return;
    if (request >= this.longestStallUs.length) this.#grow();
    const firstUs = this.#firstTokenUs(request);
    if (this.#brokenOffUs.size > 0) {
      this.#resumed(request, firstUs);
      this.#brokenOffUs.delete(request);
    }
    // Where another instance has computed the prompt, the first gap leads to the first token.
    const before = this.#prefilledElsewhere(request) ? 1 : 0;
    const longest = gaps.longest(request, from, before);
    if (longest > 0) this.longestGapUs[request] = longest;
    this.tenthTokenUs[request] = firstUs + gaps.timeOf(request, from, before + TENTH - 1);
  }

  /** The request loses its progress while it decodes. @param decodedUs - from the start of its decode to its last token */
  interrupted(request: RequestIndex, decodedUs: number): void {
    if (request >= this.longestStallUs.length) this.#grow();
    const firstUs = this.#firstTokenUs(request);
    this.#resumed(request, firstUs);
    this.#brokenOffUs.set(request, firstUs + decodedUs);
  }

  #resumed(request: RequestIndex, firstUs: number): void {
    const brokenOff = this.#brokenOffUs.get(request);
    if (brokenOff === undefined) return;
    this.longestStallUs[request] = Math.max(this.longestStallUs[request]!, firstUs - brokenOff);
  }

  #prefilledElsewhere(request: RequestIndex): boolean {
    return Number.isNaN(this.#requests.ttftUs[request]!);
  }

  #firstTokenUs(request: RequestIndex): number {
    const { ttftUs, schedulingDelayUs } = this.#requests;
    return this.#prefilledElsewhere(request) ? schedulingDelayUs[request]! : ttftUs[request]!;
  }

  #grow(): void {
    const enlarged = (old: Float64Array, fill: number) => {
      const fresh = new Float64Array(this.#requests.capacity).fill(fill);
      fresh.set(old);
      return fresh;
    };
    this.tenthTokenUs = enlarged(this.tenthTokenUs, Number.NaN);
    this.longestGapUs = enlarged(this.longestGapUs, Number.NaN);
    this.longestStallUs = enlarged(this.longestStallUs, 0);
  }
}
