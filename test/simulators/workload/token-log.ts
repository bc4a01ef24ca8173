import type { GoRandom } from '../../../src/simulators/workload/go-random.ts';
import type { RequestTable } from '../../../src/simulators/workload/request-table.ts';
import type { TokenSink } from '../../../src/simulators/workload/token-sink.ts';

/**
 * Keeps every token id, so that prompts can be rebuilt from a table's content links and compared with the
 * reference token by token.
 */
export class TokenLog implements TokenSink {
  readonly keeps = true;
  #prefixes: number[][] = [];
  #prompts: number[][] = [];
  #outputs: number[][] = [];

  prefix(group: number, rng: GoRandom, count: number): void {
    this.#prefixes[group] = draw(rng, count);
  }

  prompt(row: number, rng: GoRandom, count: number): void {
    const tokens = draw(rng, count);
    if (row >= 0) this.#prompts[row] = (this.#prompts[row] ?? []).concat(tokens);
  }

  output(row: number, rng: GoRandom, count: number): void {
    this.#outputs[row] = draw(rng, count);
  }

  assign(row: number, prompt: Int32Array, output: Int32Array): void {
    this.#prompts[row] = [...prompt];
    this.#outputs[row] = [...output];
  }

  forget(row: number): void {
    this.#prompts.length = Math.min(this.#prompts.length, row);
  }

  select(order: ArrayLike<number>): void {
    const rows = Array.from(order);
    this.#prompts = rows.map((row) => this.#prompts[row] ?? []);
    this.#outputs = rows.map((row) => this.#outputs[row] ?? []);
  }

  prefixTokens(group: number): readonly number[] {
    return this.#prefixes[group] ?? [];
  }

  outputTokens(row: number): readonly number[] {
    return this.#outputs[row] ?? [];
  }

  /** The whole prompt: what the links say it starts with, then its own tokens. */
  promptTokens(table: RequestTable, row: number): number[] {
    const parent = table.parent[row]!;
    const group = table.group[row]!;
    let start: readonly number[] = [];
    if (parent >= 0) {
      const context = [...this.promptTokens(table, parent), ...this.outputTokens(parent)];
      start = context.slice(0, table.inheritedTokens[row]);
    } else if (group >= 0) {
      start = this.prefixTokens(group).slice(0, table.groupTokens[row]);
    }
    return [...start, ...(this.#prompts[row] ?? [])];
  }
}

function draw(rng: GoRandom, count: number): number[] {
  return Array.from({ length: count }, () => rng.token());
}
