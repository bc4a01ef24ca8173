import { Machine } from '../compiled/machine.ts';

/** Bytes of tails that are kept; those of one proposal need far less. */
const MOST_READY = 8_000_000;
const TAILS = new Machine(MOST_READY);

/** Where addresses and numbers stand in a `Cuts`. */
const FIELDS = { cuts: 1, gains: 2, cdfs: 3, densities: 4 };
const NUMBERS = { mean: 3, deviation: 4 };

/** σ h(z), Φ(z) and φ(z) at each cut of one objective, with z = (cut − mean) / deviation. */
export interface CutTails {
  readonly base: number;
  readonly gains: Float64Array;
  readonly cdfs: Float64Array;
  readonly densities: Float64Array;
}

/** Tails at several lists of cuts, in memory that is shared with others. */
export class TailTable {
  readonly #lists: readonly Float64Array[];
  #rows: readonly CutTails[] = [];
  #round = -1;
  #numbers: Float64Array | null = null;

  constructor(lists: readonly Float64Array[]) {
    this.#lists = lists;
  }

  /** By list of cuts; the numbers hold until other tables are asked for theirs. */
  rows(): readonly CutTails[] {
    if (this.#round !== TAILS.round || this.#numbers !== TAILS.numbers) this.#place();
    return this.#rows;
  }

  #place(): void {
    const { kernels } = TAILS;
    TAILS.reserve(this.#lists.reduce((sum, { length }) => sum + kernels.cutsSize(length), 0));
    const bases = this.#lists.map(({ length }) => {
      const base = TAILS.take(kernels.cutsSize(length));
      kernels.layoutCuts(base, length);
      return base;
    });
    const { numbers } = TAILS;
    this.#rows = this.#lists.map((cuts, k) => {
      const base = bases[k]!;
      const view = (field: number): Float64Array => {
        const at = TAILS.at(base, field);
        return numbers.subarray(at, at + cuts.length);
      };
      view(FIELDS.cuts).set(cuts);
      return { base, gains: view(FIELDS.gains), cdfs: view(FIELDS.cdfs), densities: view(FIELDS.densities) };
    });
    this.#round = TAILS.round;
    this.#numbers = numbers;
  }
}

/** Fills the tails of a normal belief. */
export function fillTails({ base }: CutTails, mean: number, deviation: number): void {
  const { kernels, numbers } = TAILS;
  numbers[(base >>> 3) + NUMBERS.mean] = mean;
  numbers[(base >>> 3) + NUMBERS.deviation] = deviation;
  kernels.cutTails(base);
}
