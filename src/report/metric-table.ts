import type { ReportMetric } from './study-report.ts';

/** Metrics of one backend, or of studies. */
export interface MetricGroup {
  readonly title: string;
  readonly metrics: readonly Omit<ReportMetric, 'role'>[];
}

/** The page of all metric keys: one table a group. */
export function metricsMarkdown(groups: readonly MetricGroup[]): string {
  return `${[HEAD, ...groups.flatMap(groupLines)].join('\n')}\n`;
}

const HEAD = `# Metrics

Keys for \`objectives\`, \`constraints\`, \`show\` and claims. \`paretune metrics\` prints this page's tables; it is made of them.

Without the key \`measure\` a run is measured from its start to its last event. With it, requests that *arrive* in the window
are counted, whatever becomes of them later; rates are what *completes* inside it. The window opens after \`warmup\` (a share of
the first-round arrivals, or seconds) and closes with the last first-round arrival (\`drain: outside\`), with the end of the run
(\`drain: inside\`) or at \`end\` seconds. Counters of memory and preemptions are those of the whole run.

\`\`\`yaml
measure: {warmup: 30%, drain: outside}
slo: {critical: {ttft_ms: 200, tpot_ms: 15}, standard: {ttft_ms: 500, tpot_ms: 25}}
capacity: {grid: 25, from: 800, to: 1600}      # adds capacity_rps
\`\`\`

TPOT, the tenth token, longest gaps, drift, arrival rate and the class minimum are told where a study or experiment has
\`measure\` or \`slo\`, or names one of them; \`slo_attainment\` and \`goodput_rps\` where there are targets. A study over several
workloads has \`KEY@WORKLOAD\` for each of them, and the plain key for all: their worst or mean ratio to the baseline, or value.`;

function groupLines({ title, metrics }: MetricGroup): readonly string[] {
  return [
    '',
    `## ${title}`,
    '',
    '| key | unit | better | definition |',
    '|---|---|---|---|',
    ...metrics.map(
      ({ name, unit, better, description }) =>
        `| \`${name}\` | ${unit} | ${better} | ${description.replaceAll('|', '\\|')} |`,
    ),
  ];
}
