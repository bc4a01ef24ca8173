const SIZE = 624;
const SHIFT = 397;
const TWO_POW_32 = 4_294_967_296;

/**
 * CPython's `random.Random(seed)`: MT19937 seeded through `init_by_array`, bit for bit.
 * @see Matsumoto & Nishimura 1998, "Mersenne Twister"
 */
export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /** @param seed - an integer; like CPython, only its absolute value counts */
  constructor(seed: number) {
    this.#initByArray(keyWords(seed));
  }

  /** Uniform 32-bit unsigned integer. */
  uint32(): number {
    if (this.#next === SIZE) this.#twist();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Uniform double in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** Uniform index in [0, count) by rejection, as `random.choice` draws it. @param count - 1 … 2^32 − 1 */
  index(count: number): number {
    const shift = Math.clz32(count);
    let draw = this.uint32() >>> shift;
    while (draw >= count) draw = this.uint32() >>> shift;
    return draw;
  }

  /** Uniform on {−1, 0, 1}. */
  step(): number {
    return this.index(3) - 1;
  }

  #initByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19_650_218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1_812_433_253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
    let i = 1;
    let j = 0;
    for (let k = Math.max(SIZE, key.length); k > 0; k--) {
      const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = (state[i]! ^ Math.imul(before, 1_664_525)) + key[j]! + j;
      i = this.#advance(i);
      j = (j + 1) % key.length;
    }
    for (let k = SIZE - 1; k > 0; k--) {
      const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = (state[i]! ^ Math.imul(before, 1_566_083_941)) - i;
      i = this.#advance(i);
    }
    state[0] = 0x80000000;
  }

  #advance(i: number): number {
    if (i + 1 < SIZE) return i + 1;
    this.#state[0] = this.#state[SIZE - 1]!;
    return 1;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const joined = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

function keyWords(seed: number): readonly number[] {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer within ±2^53, got ${seed}`);
  const magnitude = Math.abs(seed);
  const low = magnitude % TWO_POW_32;
  const high = Math.floor(magnitude / TWO_POW_32);
  return high === 0 ? [low] : [low, high];
}
