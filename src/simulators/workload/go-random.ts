import { REGISTER_LENGTH, type RegisterSlot, TOKEN_LIMIT } from './skip-kernel.ts';
import { WHITENING_TABLE_BASE64 } from './whitening-table.ts';
import { EXPONENTIAL_EDGE, exponentialTables, NORMAL_EDGE, normalTables } from './ziggurat.ts';

const LENGTH = REGISTER_LENGTH;
const FEED_START = 334;
const LEHMER_MODULUS = 2_147_483_647;
const TWO_POW_32 = 4_294_967_296;
const TWO_POW_63 = 2 ** 63;
/** Token ids are uniform on [0, 128000). */
const VOCABULARY_SIZE = 128_000;

const WHITENING = decodeWhitening();
const NORMAL = normalTables();
const EXPONENTIAL = exponentialTables();

/** A seed as the generator sees it: an integer in [1, 2^31 − 2], see `seedResidue`. */
export type SeedResidue = number & { readonly unit?: 'residue' };

/** Reduces a signed 64-bit seed, exactly; 0 becomes 89482311. */
export function seedResidue(seed: bigint | number): SeedResidue {
  const modulus = BigInt(LEHMER_MODULUS);
  const residue = Number(((BigInt(seed) % modulus) + modulus) % modulus);
  return residue === 0 ? 89_482_311 : residue;
}

/** Seed of a named subsystem: master ⊕ FNV-1a-64(name), signed 64 bit; `workload` gets the master seed itself. */
export function subsystemSeed(master: bigint | number, name: string): bigint {
  const seed = BigInt.asIntN(64, BigInt(master));
  if (name === 'workload') return seed;
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return BigInt.asIntN(64, seed ^ hash);
}

/** A generator for a signed 64-bit seed. */
export function goRandom(seed: bigint | number): GoRandom {
  return new GoRandom(seedResidue(seed));
}

/**
 * The additive lagged Fibonacci generator of Go's first `math/rand`: y(n) = y(n−607) + y(n−273) mod 2^64, filled by
 * a Lehmer sequence and whitened, with the same derived draws bit for bit. The only state is the register.
 */
export class GoRandom {
  /** Lower and upper halves of the words, alternating. */
  readonly #words: Int32Array;
  readonly #slot: RegisterSlot | null;
  /** One above the position used next; 607 is written 0. */
  #tap = 0;
  #feed = FEED_START;
  /** The last output, two signed halves. */
  #high = 0;
  #low = 0;

  /** @param slot - where to keep the register; pays for generators that skip thousands of tokens */
  constructor(seed: SeedResidue, slot: RegisterSlot | null = null) {
    this.#slot = slot;
    this.#words = slot?.words ?? new Int32Array(2 * LENGTH);
    this.reseed(seed);
  }

  /** Restarts as if newly made with `seed`. */
  reseed(seed: SeedResidue): void {
    const words = this.#words;
    let x = seed;
    for (let i = 0; i < 20; i++) x = lehmer(x);
    for (let p = 0; p < LENGTH; p++) {
      const a = lehmer(x);
      const b = lehmer(a);
      x = lehmer(b);
      // (a << 40) ^ (b << 20) ^ x on 64 bits
      words[2 * p] = (b << 20) ^ x ^ WHITENING[2 * p]!;
      words[2 * p + 1] = (a << 8) ^ (b >>> 12) ^ WHITENING[2 * p + 1]!;
    }
    this.#tap = 0;
    this.#feed = FEED_START;
  }

  /** 64 random bits. */
  uint64(): bigint {
    this.#step();
    return BigInt(this.#high >>> 0) * 4_294_967_296n + BigInt(this.#low >>> 0);
  }

  int63(): bigint {
    return BigInt.asUintN(63, this.uint64());
  }

  /** One Int63 draw, reduced to the seed of a child stream. */
  childSeed(): SeedResidue {
    this.#step();
    // 2^32 ≡ 2 modulo 2^31 − 1
    const residue = (2 * (this.#high & 0x7fffffff) + (this.#low >>> 0)) % LEHMER_MODULUS;
    return residue === 0 ? 89_482_311 : residue;
  }

  uint32(): number {
    this.#step();
    return ((this.#high << 1) | (this.#low >>> 31)) >>> 0;
  }

  int31(): number {
    this.#step();
    return this.#high & 0x7fffffff;
  }

  /** Uniform integer in [0, bound). @param bound - 1 … 2^53 */
  intn(bound: number): number {
    if (bound > 0x7fffffff) return this.#int63n(bound);
    if ((bound & (bound - 1)) === 0) return this.int31() & (bound - 1);
    const limit = 0x7fffffff - (0x80000000 % bound);
    let draw = this.int31();
    while (draw > limit) draw = this.int31();
    return draw % bound;
  }

  /** Uniform double in [0, 1). */
  float64(): number {
    for (;;) {
      this.#step();
      const value = ((this.#high & 0x7fffffff) * TWO_POW_32 + (this.#low >>> 0)) / TWO_POW_63;
      if (value !== 1) return value;
    }
  }

  /** Random permutation of 0 … n − 1. */
  perm(n: number): number[] {
    const order: number[] = [];
    for (let i = 0; i < n; i++) {
      const j = this.intn(i + 1);
      order[i] = order[j] ?? 0;
      order[j] = i;
    }
    return order;
  }

  /** In place. The index draws are not those of `intn`. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#scaled(i + 1);
      const swap = items[i]!;
      items[i] = items[j]!;
      items[j] = swap;
    }
    return items;
  }

  /** Standard normal deviate (ziggurat, 128 strips). */
  normal(): number {
    const { k, w, f } = NORMAL;
    for (;;) {
      const j = this.uint32() | 0;
      const i = j & 127;
      const x = j * w[i]!;
      if (Math.abs(j) < k[i]!) return x;
      if (i === 0) {
        let tail: number;
        let y: number;
        do {
          tail = -Math.log(this.float64()) * (1 / NORMAL_EDGE);
          y = -Math.log(this.float64());
        } while (y + y < tail * tail);
        return j > 0 ? NORMAL_EDGE + tail : -NORMAL_EDGE - tail;
      }
      if (this.#underCurve(f, i) < Math.fround(Math.exp(-0.5 * x * x))) return x;
    }
  }

  /** Exponential deviate with mean 1 (ziggurat, 256 strips). */
  exponential(): number {
    const { k, w, f } = EXPONENTIAL;
    for (;;) {
      const j = this.uint32();
      const i = j & 255;
      const x = j * w[i]!;
      if (j < k[i]!) return x;
      if (i === 0) return EXPONENTIAL_EDGE - Math.log(this.float64());
      if (this.#underCurve(f, i) < Math.fround(Math.exp(-x))) return x;
    }
  }

  /** One token id, as `intn(128000)`. */
  token(): number {
    let draw = this.int31();
    while (draw > TOKEN_LIMIT) draw = this.int31();
    return draw % VOCABULARY_SIZE;
  }

  /** `count` token ids. */
  tokens(count: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.token());
  }

  /** Advances by exactly the steps that `count` token draws take, rejected draws included. */
  skipTokens(count: number): void {
    if (count <= 0) return;
    const steps = this.#slot?.skip(count, this.#tap, this.#feed) ?? this.#skip(count);
    this.#tap = (this.#tap + LENGTH - (steps % LENGTH)) % LENGTH;
    this.#feed = (this.#feed + LENGTH - (steps % LENGTH)) % LENGTH;
  }

  /** Works without a slot; the indices stay where they are. @returns steps taken */
  #skip(count: number): number {
    const words = this.#words;
    let tap = 2 * this.#tap;
    let feed = 2 * this.#feed;
    let steps = 0;
    for (let remaining = count; remaining > 0; ) {
      if (tap === 0) tap = 2 * LENGTH;
      if (feed === 0) feed = 2 * LENGTH;
      const run = Math.min(remaining, tap / 2, feed / 2);
      const end = feed - 2 * run;
      let rejected = 0;
      while (feed > end) {
        feed -= 2;
        tap -= 2;
        const a = words[feed]!;
        const b = words[tap]!;
        const low = (a + b) | 0;
        const carry = ((a & b) | ((a | b) & ~low)) >>> 31;
        const high = (((words[feed + 1]! + words[tap + 1]!) | 0) + carry) | 0;
        words[feed] = low;
        words[feed + 1] = high;
        rejected += (TOKEN_LIMIT - (high & 0x7fffffff)) >>> 31;
      }
      steps += run;
      remaining -= run - rejected;
    }
    return steps;
  }

  #step(): void {
    const words = this.#words;
    const feed = (this.#feed === 0 ? LENGTH : this.#feed) - 1;
    const tap = (this.#tap === 0 ? LENGTH : this.#tap) - 1;
    const a = words[2 * feed]!;
    const b = words[2 * tap]!;
    const low = (a + b) | 0;
    const carry = ((a & b) | ((a | b) & ~low)) >>> 31;
    const high = (((words[2 * feed + 1]! + words[2 * tap + 1]!) | 0) + carry) | 0;
    words[2 * feed] = low;
    words[2 * feed + 1] = high;
    this.#low = low;
    this.#high = high;
    this.#feed = feed;
    this.#tap = tap;
  }

  #int63n(bound: number): number {
    const n = BigInt(bound);
    const limit = (1n << 63n) - 1n - ((1n << 63n) % n);
    let draw = this.int63();
    if ((n & (n - 1n)) === 0n) return Number(draw & (n - 1n));
    while (draw > limit) draw = this.int63();
    return Number(draw % n);
  }

  /** Multiply and shift with rejection on 32 bits. */
  #scaled(bound: number): number {
    if (bound > 0x7fffffff) return this.#int63n(bound);
    let draw = this.uint32();
    let low = Math.imul(draw, bound) >>> 0;
    if (low < bound) {
      const threshold = (TWO_POW_32 - bound) % bound;
      while (low < threshold) {
        draw = this.uint32();
        low = Math.imul(draw, bound) >>> 0;
      }
    }
    return Number((BigInt(draw) * BigInt(bound)) >> 32n);
  }

  /** A uniform height inside strip `i`, in single precision. */
  #underCurve(f: Float32Array, i: number): number {
    const height = Math.fround(this.float64());
    return Math.fround(f[i]! + Math.fround(height * Math.fround(f[i - 1]! - f[i]!)));
  }
}

/** 48271·x mod 2^31 − 1, by folding the product at bit 31: `%` on doubles is slow. */
function lehmer(x: number): number {
  const product = 48_271 * x;
  const high = Math.floor(product * 2 ** -31);
  const folded = high + (product - high * 2 ** 31);
  return folded >= LEHMER_MODULUS ? folded - LEHMER_MODULUS : folded;
}

/** Lower and upper halves of the table's words, alternating. */
function decodeWhitening(): Int32Array {
  const bytes = Uint8Array.from(atob(WHITENING_TABLE_BASE64), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int32Array.from({ length: 2 * LENGTH }, (_, i) => view.getInt32(4 * i, true));
}
