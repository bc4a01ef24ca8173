import type { GoRandom } from './go-random.ts';

/**
 * Takes the token ids that generation draws. They are part of the random streams, so they must be drawn or skipped
 * exactly; the simulator itself never needs them.
 */
export interface TokenSink {
  /** Tokens of the shared prefix `group`. */
  prefix(group: number, rng: GoRandom, count: number): void;
  /** The next tokens of the prompt of `row` that are neither shared prefix nor inherited. */
  prompt(row: number, rng: GoRandom, count: number): void;
  /** The output tokens of `row`. */
  output(row: number, rng: GoRandom, count: number): void;
  /** Whether token ids are kept; if not, nobody needs to draw them ahead. */
  readonly keeps: boolean;
  /** Tokens of a row that were drawn elsewhere. */
  assign(row: number, prompt: Int32Array, output: Int32Array): void;
  /** A row that was not added in the end. */
  forget(row: number): void;
  /** Rows were reordered or dropped: new row i is old row `order[i]`. */
  select(order: ArrayLike<number>): void;
}

/** Skips every token: what simulations use. */
export const SKIPPED_TOKENS: TokenSink = {
  prefix: (_group, rng, count) => rng.skipTokens(count),
  prompt: (_row, rng, count) => rng.skipTokens(count),
  output: (_row, rng, count) => rng.skipTokens(count),
  keeps: false,
  assign: () => {},
  forget: () => {},
  select: () => {},
};
