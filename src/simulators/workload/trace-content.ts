import type { TraceRow } from './trace-row.ts';

/** What the prompts of recorded requests start with, by place in the list. */
export interface ContentLinks {
  /** The earlier request whose prompt and output this prompt starts with; −1 = none. */
  readonly parent: Int32Array;
  /** How many tokens of it. */
  readonly inherited: Int32Array;
  /** Leading tokens of the text that all requests without a parent share. */
  readonly common: Int32Array;
}

/** Null where the rows say nothing of their contents. */
export function contentLinks(rows: readonly TraceRow[]): ContentLinks | null {
  if (!rows.some(({ hashIds, repeatedTokens }) => Boolean(hashIds) || Boolean(repeatedTokens))) return null;
  const links = {
    parent: new Int32Array(rows.length).fill(-1),
    inherited: new Int32Array(rows.length),
    common: new Int32Array(rows.length),
  };
  const tree = new BlockTree();
  const latestRound = new Map<string, number>();
  for (const [place, row] of rows.entries()) {
    const before = row.sessionId === '' ? undefined : latestRound.get(row.sessionId);
    if (row.sessionId !== '') latestRound.set(row.sessionId, place);
    if (row.hashIds !== undefined && row.hashIds !== '') {
      const { owner, tokens } = tree.add(place, row);
      links.parent[place] = owner;
      links.inherited[place] = tokens;
    } else if (before === undefined) {
      links.common[place] = Math.min(row.repeatedTokens ?? 0, promptTokens(row));
    } else {
      links.parent[place] = before;
      links.inherited[place] = repeatedOf(rows[before]!, row);
    }
  }
  return links;
}

/** Tokens of the previous round, prompt and output, that a round of a session starts with. */
export function repeatedOf(before: TraceRow, row: TraceRow): number {
  const prompt = promptTokens(row);
  if (!row.hashIds) return Math.min(row.repeatedTokens ?? 0, prompt, promptTokens(before) + before.outputTokens);
  const [ids, earlier] = [row.hashIds.split(' '), (before.hashIds ?? '').split(' ')];
  let equal = 0;
  while (equal < ids.length && ids[equal] === earlier[equal]) equal++;
  return Math.min(equal * (row.hashBlockTokens ?? 0), prompt, promptTokens(before));
}

/** The whole prompt of a request; a measured length counts where no shared prefix is known. */
export function promptTokens(row: TraceRow): number {
  return row.serverInputTokens > 0 && row.prefixGroup === '' ? row.serverInputTokens : row.inputTokens;
}

interface Known {
  readonly owner: number;
  readonly tokens: number;
}

/** Which request had which blocks first. */
class BlockTree {
  /** Node by its parent node and block id; the roots are block sizes. */
  readonly #nodes = new Map<string, number>();
  readonly #owner: number[] = [];
  readonly #ownerTokens: number[] = [];

  /** Adds the blocks of a request. @returns the earlier request with the longest common beginning */
  add(place: number, row: TraceRow): Known {
    const size = row.hashBlockTokens ?? 0;
    const tokens = promptTokens(row);
    let known: Known = { owner: -1, tokens: 0 };
    let name = `b${size}`;
    let depth = 0;
    for (const id of row.hashIds!.split(' ')) {
      depth++;
      const key = `${name} ${id}`;
      const node = this.#nodes.get(key);
      if (node === undefined) {
        name = String(this.#owner.length);
        this.#nodes.set(key, this.#owner.length);
        this.#owner.push(place);
        this.#ownerTokens.push(tokens);
        continue;
      }
      name = String(node);
      known = { owner: this.#owner[node]!, tokens: Math.min(depth * size, tokens, this.#ownerTokens[node]!) };
      // The last block of a prompt may be cut off: whoever has more of it knows it better.
      if (this.#ownerTokens[node]! < depth * size && tokens > this.#ownerTokens[node]!) {
        this.#owner[node] = place;
        this.#ownerTokens[node] = tokens;
      }
    }
    return known;
  }
}
