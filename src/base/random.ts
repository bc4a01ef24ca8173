import { canonicalText } from './json.ts';

const TWO_POW_MINUS_53 = 2 ** -53;

/**
 * xoshiro128** generator with 32-bit integer state.
 * @see Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators"
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 1;
  }

  /** Uniform 32-bit unsigned integer. */
  uint32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform double in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67_108_864 + low) * TWO_POW_MINUS_53;
  }

  /** Uniform integer in [0, bound), without bias. @param bound - 1 … 2^32 */
  below(bound: number): number {
    const limit = 4_294_967_296 - (4_294_967_296 % bound);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % bound;
  }

  /** Standard normal deviate (Box–Muller; the second value is not kept, so there is no hidden state). */
  normal(): number {
    let u = this.uniform();
    while (u === 0) u = this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exponential deviate with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Fisher–Yates, in place. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = items[i]!;
      items[i] = items[j]!;
      items[j] = swap;
    }
    return items;
  }
}

/**
 * Independent stream named by labels: `stream(seed, 'sampler', 17)`.
 * Equal seed and labels give equal streams; adding a consumer never shifts another one.
 */
export function stream(seed: number | string, ...labels: readonly (string | number)[]): Rng {
  const text = canonicalText([seed, ...labels]);
  return new Rng(
    hash32(text, 0x9e3779b9),
    hash32(text, 0x243f6a88),
    hash32(text, 0xb7e15162),
    hash32(text, 0xdeadbeef),
  );
}

/** MurmurHash3 (32 bit) over UTF-16 code units. */
function hash32(text: string, seed: number): number {
  let h = seed | 0;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
