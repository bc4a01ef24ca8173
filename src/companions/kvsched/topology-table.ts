import { lintNetwork } from '../../simulators/kvsched/lint-network.ts';
import type { Scenario } from '../../simulators/kvsched/scenario.ts';

/** Nodes and links of a scenario in one row. */
export interface TopologyRow {
  readonly scenario: string;
  /** `1 prefill, 2 decode`. */
  readonly nodes: string;
  readonly gpus: string;
  readonly tiers: string;
  readonly links: number;
  /** Links without a reverse. */
  readonly oneWay: number;
  readonly bandwidthGbps: string;
  readonly rttMs: string;
}

export function topologyRow(scenario: Scenario): TopologyRow {
  const { id, nodes, network } = scenario;
  const links = network?.links ?? [];
  const { issues } = lintNetwork(scenario, { bidirectional: true, complete: false });
  return {
    scenario: id,
    nodes: counted(nodes.map(({ role }) => role ?? 'any')),
    gpus: counted(nodes.map(({ gpu }) => gpu)),
    tiers: counted(nodes.flatMap(({ tier }) => tier ?? [])),
    links: links.length,
    oneWay: issues.filter(({ kind }) => kind === 'missing_reverse_link').length,
    bandwidthGbps: range(links.map(({ bandwidthGbps }) => bandwidthGbps)),
    rttMs: range(links.map(({ rttMs }) => rttMs)),
  };
}

const HEAD = ['scenario', 'nodes', 'GPUs', 'tiers', 'links', 'one-way', 'Gbit/s', 'RTT, ms'];

export function topologyMarkdown(rows: readonly TopologyRow[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(HEAD), `|${'---|'.repeat(HEAD.length)}`, ...rows.map((row) => line(cells(row)))].join('\n')}\n`;
}

/** A `tabular`, whose rules need the package booktabs. */
export function topologyLatex(rows: readonly TopologyRow[]): string {
  const line = (texts: readonly string[]): string => `${texts.map(latexText).join(' & ')} \\\\`;
  return `${[
    '\\begin{tabular}{llllrrrr}',
    '\\toprule',
    line(HEAD),
    '\\midrule',
    ...rows.map((row) => line(cells(row))),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n')}\n`;
}

function cells({ scenario, nodes, gpus, tiers, links, oneWay, bandwidthGbps, rttMs }: TopologyRow): readonly string[] {
  return [scenario, nodes, gpus, tiers, String(links), String(oneWay), bandwidthGbps, rttMs];
}

function counted(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  return distinct.map((name) => `${names.filter((one) => one === name).length} ${name}`).join(', ');
}

function range(values: readonly number[]): string {
  if (values.length === 0) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}

const LATEX_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
};

function latexText(text: string): string {
  return text.replace(/[\\~^–&%$#_{}]/g, (letter) => LATEX_ESCAPES[letter] ?? `\\${letter}`);
}
