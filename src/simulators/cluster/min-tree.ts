/** The smallest of a fixed number of values that change one at a time; of equal values the first. A winner tree. */
export class MinTree {
  readonly #values: Float64Array;
  /** Index of the smaller child, by inner node; node 1 is the root, leaves start at `#leaves`. */
  readonly #winner: Int32Array;
  readonly #leaves: number;

  /** All values start as Infinity. */
  constructor(count: number) {
    let leaves = 1;
    while (leaves < count) leaves *= 2;
    this.#leaves = leaves;
    this.#values = new Float64Array(leaves).fill(Number.POSITIVE_INFINITY);
    this.#winner = new Int32Array(2 * leaves);
    for (let i = 0; i < leaves; i++) this.#winner[leaves + i] = i;
    for (let node = leaves - 1; node >= 1; node--) this.#winner[node] = this.#winner[2 * node]!;
  }

  get min(): number {
    return this.#values[this.#winner[1]!]!;
  }

  get first(): number {
    return this.#winner[1]!;
  }

  set(index: number, value: number): void {
    const values = this.#values;
    const winner = this.#winner;
    if (values[index] === value) return;
    values[index] = value;
    for (let node = (this.#leaves + index) >> 1; node >= 1; node >>= 1) {
      const left = winner[2 * node]!;
      const right = winner[2 * node + 1]!;
      winner[node] = values[right]! < values[left]! ? right : left;
    }
  }
}
