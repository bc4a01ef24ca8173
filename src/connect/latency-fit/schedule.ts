/** Latencies of the requests of a trace; columns by place, µs. NaN = not known. */
export interface Latencies {
  readonly arrivalUs: Float64Array;
  readonly ttftUs: Float64Array;
  /** From the first to the last token. */
  readonly decodeUs: Float64Array;
}

export interface Lengths {
  /** Prompt with its prefix. */
  readonly input: Float64Array;
  readonly output: Float64Array;
}

/** What the times of a trace tell of the company of each request. */
export interface Schedule {
  /** Requests between first and last token at the arrival. */
  readonly decoding: Float64Array;
  /** Requests before their first token at the arrival. */
  readonly waiting: Float64Array;
  /** Prompt tokens of others that got their first token between the arrival and the own first token. */
  readonly prompts: Float64Array;
  /** Mean number of requests between first and last token, from the own first to the own last; itself is one of them. */
  readonly batch: Float64Array;
  /** Prompt tokens of others that got their first token between the own first and last. */
  readonly promptsMeanwhile: Float64Array;
}

/**
 * @param outsideUs - time of each token that passes outside of steps: clients see it, others do not wait for it
 * @param nearUs - ends of the same step may be this far apart
 */
export function scheduleOf({ input, output }: Lengths, latencies: Latencies, outsideUs: number, nearUs = 0): Schedule {
  const { arrivalUs } = latencies;
  const { known, firstAt, lastAt } = tokenTimes(output, latencies, outsideUs);
  const first = new EventCount(known.map((i) => [firstAt(i), input[i]!]));
  const last = new EventCount(known.map((i) => [lastAt(i), 0]));
  const arrived = new EventCount(known.map((i) => [arrivalUs[i]!, 0]));
  const column = (): Float64Array => new Float64Array(input.length).fill(Number.NaN);
  const schedule = {
    decoding: column(),
    waiting: column(),
    prompts: column(),
    batch: column(),
    promptsMeanwhile: column(),
  };
  for (const i of known) {
    const [at, from, to] = [arrivalUs[i]!, firstAt(i), lastAt(i)];
    schedule.decoding[i] = first.count(at) - last.count(at);
    schedule.waiting[i] = arrived.count(at) - 1 - first.count(at);
    schedule.prompts[i] = first.weight(from) - first.weight(at) - input[i]!;
    const presence = first.area(to) - first.area(from) - last.area(to) + last.area(from);
    schedule.batch[i] = to > from ? presence / (to - from) : 1;
    schedule.promptsMeanwhile[i] = first.weight(to + nearUs) - first.weight(from + nearUs);
  }
  return schedule;
}

/** When the steps with first and last tokens ended, of the requests whose first tokens are known. */
interface TokenTimes {
  readonly known: readonly number[];
  readonly firstAt: (place: number) => number;
  /** That of the first where decoding has no time. */
  readonly lastAt: (place: number) => number;
}

/** @param outsideUs - time of each token that passes outside of steps */
export function tokenTimes(
  output: Float64Array,
  { arrivalUs, ttftUs, decodeUs }: Latencies,
  outsideUs: number,
): TokenTimes {
  const firstAt = (i: number): number => arrivalUs[i]! + ttftUs[i]! - outsideUs;
  return {
    known: Array.from(ttftUs.keys()).filter((i) => Number.isFinite(ttftUs[i]!)),
    firstAt,
    lastAt: (i) =>
      firstAt(i) + Math.max(0, Number.isFinite(decodeUs[i]!) ? decodeUs[i]! - (output[i]! - 1) * outsideUs : 0),
  };
}

/** Events with weights: how many there were until a time, and the area below that count. */
export class EventCount {
  readonly #times: Float64Array;
  readonly #weights: Float64Array;
  readonly #sums: Float64Array;

  constructor(events: readonly (readonly [time: number, weight: number])[]) {
    const sorted = [...events].sort((a, b) => a[0] - b[0]);
    this.#times = Float64Array.from(sorted, ([time]) => time);
    this.#weights = cumulated(sorted.map(([, weight]) => weight));
    this.#sums = cumulated(sorted.map(([time]) => time));
  }

  /** Events until `at`, itself included. */
  count(at: number): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  weight(at: number): number {
    return this.#weights[this.count(at)]!;
  }

  /** ∫ count dt up to `at`. */
  area(at: number): number {
    const count = this.count(at);
    return count * at - this.#sums[count]!;
  }
}

function cumulated(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (const [i, value] of values.entries()) sums[i + 1] = sums[i]! + value;
  return sums;
}
