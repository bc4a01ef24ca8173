import type { Rng } from '../base/random.ts';
import { DIRECTION_NUMBERS } from './sobol-direction-numbers.ts';

const BITS = 32;
const SCALE = 2 ** -BITS;

/** Dimensions with Sobol numbers; further ones are filled with independent uniform values. */
export const MAX_SOBOL_DIMENSION = DIRECTION_NUMBERS.length + 1;

/**
 * Randomised Sobol sequence: random lower-triangular binary matrix on the digits, then a random digital shift.
 * Any 2^m consecutive points that start at a multiple of 2^m keep the net property; every point is uniform on (0, 1).
 * @returns point of index i (0 … 2^32 − 1); each call allocates
 * @see Matoušek 1998, "On the L2-discrepancy for anchored boxes"; Joe & Kuo 2008
 */
export function scrambledSobol(dimension: number, rng: Rng): (index: number) => Float64Array {
  const netDimension = Math.min(dimension, MAX_SOBOL_DIMENSION);
  const columns: ScrambledColumns[] = [];
  const shifts = new Int32Array(dimension);
  const beyond = rng.uint32();
  for (let j = 0; j < netDimension; j++) {
    KNOWN_COLUMNS[j] ??= directionColumns(j);
    columns.push(scrambleColumns(KNOWN_COLUMNS[j]!, rng));
    shifts[j] = rng.uint32();
  }
  return (index) => {
    const point = new Float64Array(dimension);
    const gray = (index ^ (index >>> 1)) >>> 0;
    for (let j = 0; j < netDimension; j++) point[j] = toUnit(combine(columns[j]!, gray) ^ shifts[j]!);
    for (let j = netDimension; j < dimension; j++) point[j] = toUnit(mix(index, j, beyond));
    return point;
  };
}

/** Direction integers v_1 … v_32 of one dimension (0 is van der Corput's), most significant digit first. */
export function directionColumns(dimension: number): Int32Array {
  const v = new Int32Array(BITS);
  if (dimension === 0) {
    for (let k = 0; k < BITS; k++) v[k] = 1 << (BITS - 1 - k);
    return v;
  }
  const [a, list] = DIRECTION_NUMBERS[dimension - 1]!.split(':');
  const inner = Number(a);
  const m = list!.split(',').map(Number);
  const degree = m.length;
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      v[k] = m[k]! << (BITS - 1 - k);
      continue;
    }
    let next = v[k - degree]! ^ (v[k - degree]! >>> degree);
    for (let i = 1; i < degree; i++) if ((inner >>> (degree - 1 - i)) & 1) next ^= v[k - i]!;
    v[k] = next;
  }
  return v;
}

/** Direction integers of the dimensions used so far. */
const KNOWN_COLUMNS: Int32Array[] = [];

/** Direction integers times a matrix over GF(2), each multiplied when it is needed: the first points need few of them. */
interface ScrambledColumns {
  readonly plain: Int32Array;
  readonly rows: Int32Array;
  readonly mixed: Int32Array;
  /** Bit k: whether `mixed[k]` is known. */
  known: number;
}

/** Draws a random unit lower-triangular matrix for the direction integers of one dimension. */
function scrambleColumns(plain: Int32Array, rng: Rng): ScrambledColumns {
  const rows = new Int32Array(BITS);
  for (let digit = 0; digit < BITS; digit++) {
    // Output digit `digit` (from the top) mixes input digits 0 … digit; the last of them always takes part.
    const above = digit === 0 ? 0 : rng.uint32() & (-1 << (BITS - digit));
    rows[digit] = above | (1 << (BITS - 1 - digit));
  }
  return { plain, rows, mixed: new Int32Array(BITS), known: 0 };
}

function mixColumn({ plain, rows }: ScrambledColumns, k: number): number {
  let mixed = 0;
  for (let digit = 0; digit < BITS; digit++) mixed |= parity(rows[digit]! & plain[k]!) << (BITS - 1 - digit);
  return mixed;
}

function combine(columns: ScrambledColumns, gray: number): number {
  let bits = 0;
  for (let k = 0, left = gray; left !== 0; k++, left >>>= 1) {
    if ((left & 1) === 0) continue;
    if (((columns.known >>> k) & 1) === 0) {
      columns.mixed[k] = mixColumn(columns, k);
      columns.known |= 1 << k;
    }
    bits ^= columns.mixed[k]!;
  }
  return bits;
}

/** Middle of the cell of width 2^-32, so that neither 0 nor 1 occurs. */
function toUnit(bits: number): number {
  return ((bits >>> 0) + 0.5) * SCALE;
}

function parity(x: number): number {
  let y = x ^ (x >>> 16);
  y ^= y >>> 8;
  y ^= y >>> 4;
  return (0x6996 >>> (y & 15)) & 1;
}

/** Hash of a point index and a dimension beyond the tables. */
function mix(index: number, dimension: number, key: number): number {
  let h = Math.imul(index ^ key, 0x85ebca6b) ^ Math.imul(dimension + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}
