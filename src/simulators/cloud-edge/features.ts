/** Prompt features as the learners see them: a dense vector and the places where it is not zero. */
export interface Features {
  readonly values: Readonly<Float32Array>;
  /** Ascending indices of the non-zero entries. */
  readonly nonZero: Readonly<Int32Array>;
  /** The non-zero entries themselves, in that order. */
  readonly packed: Readonly<Float64Array>;
}

/** Turns prompts into vectors of one length. Pure: equal texts give equal vectors. */
export interface PromptEncoder {
  readonly dimension: number;
  encode(text: string): Float32Array;
}

export function toFeatures(values: Readonly<Float32Array>): Features {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  const nonZero = new Int32Array(count);
  for (let i = 0, at = 0; i < values.length; i++) if (values[i] !== 0) nonZero[at++] = i;
  return { values, nonZero, packed: Float64Array.from(nonZero, (i) => values[i]!) };
}

/** `vector` cut or padded with zeros to `dimension` entries. */
export function resize(vector: ArrayLike<number>, dimension: number): Float32Array {
  const out = new Float32Array(dimension);
  const length = Math.min(dimension, vector.length);
  for (let i = 0; i < length; i++) out[i] = vector[i]!;
  return out;
}
