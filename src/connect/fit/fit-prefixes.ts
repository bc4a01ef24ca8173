import type { TraceRow } from '../../simulators/workload/trace-row.ts';

/** Requests that begin with one shared text, by place in the list. */
export interface PrefixGroup {
  readonly name: string;
  readonly tokens: number;
  readonly members: readonly number[];
}

/** A workload document names so many prefixes at most. */
const MOST_GROUPS = 20;
/** A group has to spare this share of all prompt tokens. */
const LEAST_GAIN = 0.002;

/**
 * Groups of requests with one prefix each, so that as many prompt tokens as possible are shared: the best node of the tree of
 * block ids, then the best for those that are left, and so on. Requests without ids are grouped by their prefix group.
 */
export function prefixGroups(rows: readonly TraceRow[]): readonly PrefixGroup[] {
  const groups: PrefixGroup[] = [...namedGroups(rows)];
  const tree = blockTree(rows);
  const total = rows.reduce((sum, row) => sum + row.inputTokens + row.prefixLength, 0);
  const left = new Set(tree.paths.keys());
  while (groups.length < MOST_GROUPS) {
    const best = bestNode(rows, tree, left);
    if (best === null || best.gain < LEAST_GAIN * total) break;
    groups.push({ name: `prefix-${groups.length + 1}`, tokens: best.tokens, members: best.members });
    for (const place of best.members) left.delete(place);
  }
  return groups;
}

interface BlockTree {
  readonly nodes: number;
  /** Nodes of a prompt from the root, by place: those that it covers with whole blocks. */
  readonly paths: ReadonlyMap<number, readonly number[]>;
}

function blockTree(rows: readonly TraceRow[]): BlockTree {
  const nodes = new Map<string, number>();
  const paths = new Map<number, readonly number[]>();
  for (const [place, { hashIds, hashBlockTokens, inputTokens }] of rows.entries()) {
    if (!hashIds || !hashBlockTokens) continue;
    let parent = -hashBlockTokens;
    const whole = hashIds.split(' ', Math.floor(inputTokens / hashBlockTokens));
    const path = whole.map((id) => {
      const key = `${parent} ${id}`;
      if (!nodes.has(key)) nodes.set(key, nodes.size);
      parent = nodes.get(key)!;
      return parent;
    });
    paths.set(place, path);
  }
  return { nodes: nodes.size, paths };
}

interface Node {
  readonly tokens: number;
  readonly gain: number;
  readonly members: readonly number[];
}

/** The node whose prefix spares most if all that pass it share it, and nothing more. */
function bestNode(rows: readonly TraceRow[], { nodes, paths }: BlockTree, left: ReadonlySet<number>): Node | null {
  const counts = new Int32Array(nodes);
  for (const place of left) for (const node of paths.get(place)!) counts[node]!++;
  let best = { node: -1, tokens: 0, gain: 0 };
  for (const place of left) {
    const size = rows[place]!.hashBlockTokens!;
    for (const [depth, node] of paths.get(place)!.entries()) {
      const tokens = (depth + 1) * size;
      const gain = (counts[node]! - 1) * tokens;
      if (gain > best.gain) best = { node, tokens, gain };
    }
  }
  const { node, tokens, gain } = best;
  if (node < 0) return null;
  return { tokens, gain, members: [...left].filter((place) => paths.get(place)!.includes(node)) };
}

function namedGroups(rows: readonly TraceRow[]): readonly PrefixGroup[] {
  const members = new Map<string, number[]>();
  for (const [place, { prefixGroup, prefixLength, hashIds }] of rows.entries()) {
    if (prefixGroup === '' || prefixLength === 0 || hashIds) continue;
    if (!members.has(prefixGroup)) members.set(prefixGroup, []);
    members.get(prefixGroup)!.push(place);
  }
  return [...members]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, MOST_GROUPS)
    .map(([name, places]) => ({ name, tokens: rows[places[0]!]!.prefixLength, members: places }));
}
