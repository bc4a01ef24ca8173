import type { GoRandom } from '../../simulators/workload/go-random.ts';
import type { RequestTable } from '../../simulators/workload/request-table.ts';
import type { TokenSink } from '../../simulators/workload/token-sink.ts';

const NONE = new Int32Array(0);

/** A stretch of a prompt. */
export type PromptPiece =
  | { readonly kind: 'tokens'; readonly ids: Int32Array }
  /** What the request in `row` was answered; `ids` are what the workload drew for it. */
  | { readonly kind: 'answer'; readonly row: number; readonly ids: Int32Array };

/** Keeps the token ids of a workload: the prompts of its requests follow from them and the links of its table. */
export class TokenIds implements TokenSink {
  readonly keeps = true;
  readonly #prefixes: Int32Array[] = [];
  #prompts: Int32Array[] = [];
  #outputs: Int32Array[] = [];

  prefix(group: number, rng: GoRandom, count: number): void {
    this.#prefixes[group] = rng.tokens(count);
  }

  prompt(row: number, rng: GoRandom, count: number): void {
    const ids = rng.tokens(count);
    if (row >= 0) this.#prompts[row] = joined(this.#prompts[row], ids);
  }

  output(row: number, rng: GoRandom, count: number): void {
    this.#outputs[row] = rng.tokens(count);
  }

  assign(row: number, prompt: Int32Array, output: Int32Array): void {
    this.#prompts[row] = prompt;
    this.#outputs[row] = output;
  }

  forget(row: number): void {
    this.#prompts.length = Math.min(this.#prompts.length, row);
  }

  select(order: ArrayLike<number>): void {
    const rows = Array.from(order);
    this.#prompts = rows.map((row) => this.#prompts[row] ?? NONE);
    this.#outputs = rows.map((row) => this.#outputs[row] ?? NONE);
  }

  /** What the prompt of a row is made of, in order. */
  pieces(table: RequestTable, row: number): readonly PromptPiece[] {
    return [...this.#start(table, row), { kind: 'tokens', ids: this.#prompts[row] ?? NONE }];
  }

  #start(table: RequestTable, row: number): readonly PromptPiece[] {
    const parent = table.parent[row]!;
    if (parent >= 0) {
      const answer: PromptPiece = { kind: 'answer', row: parent, ids: this.#outputs[parent] ?? NONE };
      return first([...this.pieces(table, parent), answer], table.inheritedTokens[row]!);
    }
    const group = table.group[row]!;
    if (group < 0) return [];
    return first([{ kind: 'tokens', ids: this.#prefixes[group] ?? NONE }], table.groupTokens[row]!);
  }
}

/** The first `count` tokens of a prompt. */
function first(pieces: readonly PromptPiece[], count: number): readonly PromptPiece[] {
  let left = count;
  const kept: PromptPiece[] = [];
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push(piece.ids.length <= left ? piece : { ...piece, ids: piece.ids.subarray(0, left) });
    left -= piece.ids.length;
  }
  return kept;
}

function joined(before: Int32Array | undefined, after: Int32Array): Int32Array {
  if (before === undefined || before.length === 0) return after;
  const both = new Int32Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return both;
}
