import type { Scenario } from './scenario.ts';

export interface LintIssue {
  readonly kind: 'unknown_endpoint' | 'missing_reverse_link' | 'missing_link';
  readonly src: string;
  readonly dst: string;
  readonly detail: string;
}

export interface LintReport {
  readonly ok: boolean;
  readonly scenario: string;
  readonly node_count: number;
  readonly link_count: number;
  readonly issues: readonly LintIssue[];
}

export interface LintRules {
  /** Every link has its reverse. */
  readonly bidirectional: boolean;
  /** Every ordered pair of distinct nodes has a link. */
  readonly complete: boolean;
}

/** Checks the links of a scenario; issues are grouped by kind and sorted by (src, dst). */
export function lintNetwork({ id, nodes, network }: Scenario, rules: LintRules): LintReport {
  const links = network?.links ?? [];
  const known = new Set(nodes.map((node) => node.id));
  const present = new Set(links.map(({ src, dst }) => pairKey(src, dst)));
  const unknown = links.flatMap(({ src, dst }) =>
    [src, dst].filter((end) => !known.has(end)).map((end) => issue('unknown_endpoint', src, dst, `no node "${end}"`)),
  );
  const oneWay = links
    .filter(({ src, dst }) => rules.bidirectional && !present.has(pairKey(dst, src)))
    .map(({ src, dst }) => issue('missing_reverse_link', src, dst, `no link ${dst} -> ${src}`));
  const absent = nodes.flatMap(({ id: src }) =>
    nodes
      .filter(({ id: dst }) => rules.complete && src !== dst && !present.has(pairKey(src, dst)))
      .map(({ id: dst }) => issue('missing_link', src, dst, `no link ${src} -> ${dst}`)),
  );
  const issues = [unknown, oneWay, absent].flatMap((kind) => kind.sort(bySrcThenDst));
  return { ok: issues.length === 0, scenario: id, node_count: nodes.length, link_count: links.length, issues };
}

function issue(kind: LintIssue['kind'], src: string, dst: string, detail: string): LintIssue {
  return { kind, src, dst, detail };
}

function pairKey(src: string, dst: string): string {
  return JSON.stringify([src, dst]);
}

function bySrcThenDst(a: LintIssue, b: LintIssue): number {
  return compare(a.src, b.src) || compare(a.dst, b.dst) || compare(a.detail, b.detail);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
