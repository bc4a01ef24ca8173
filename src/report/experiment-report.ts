import type { ExperimentResult } from '../study/experiment.ts';
import type { ExperimentPlan } from '../study/experiment-plan.ts';
import { metricValues } from '../study/objective.ts';
import { estimate } from './estimate.ts';
import { formatNumber } from './page/format.ts';

/** One experiment as Markdown: question, arms with figures, claims with verdicts. */
export function experimentMarkdown(plan: ExperimentPlan, result: ExperimentResult): string {
  const { spec } = plan;
  const metrics = shownMetrics(plan);
  const armRows = result.arms.map((arm) => {
    const description = spec.arms[arm.name]?.description ?? '';
    const cells = metrics.map((metric) => (arm.failure === null ? cell(metricValues(arm.replicates, metric)) : '–'));
    return `| ${[arm.name, description, ...cells, arm.failure ?? ''].join(' | ')} |`;
  });
  const claimRows = result.claims.map((claim) => {
    const written = spec.claims.find(({ id }) => id === claim.id)!;
    const p = claim.adjustedP === null ? '–' : claim.adjustedP.toPrecision(2);
    return `| ${claim.id} | ${written.role ?? ''} | ${written.statement} | **${claim.verdict}** | ${claim.sentence} | ${p} |`;
  });
  return [
    `# ${spec.title}`,
    '',
    `**Verdict: ${result.verdict}.**`,
    ...(spec.question === undefined ? [] : ['', spec.question]),
    ...(spec.published === undefined ? [] : ['', `Published: ${spec.published}`]),
    '',
    `Seeds ${spec.seeds.join(', ')}; every arm meets the same seeds. Means with 95 % Student-t intervals.`,
    '',
    `| arm | what it is | ${metrics.join(' | ')} | |`,
    `|---|---|${metrics.map(() => '---:').join('|')}|---|`,
    ...armRows,
    '',
    '| claim | role | statement | verdict | effect [95 % paired bootstrap] | p (Wilcoxon, Holm) |',
    '|---|---|---|---|---|---|',
    ...claimRows,
    '',
    `Inputs: ${plan.hash}`,
    '',
  ].join('\n');
}

function shownMetrics(plan: ExperimentPlan): string[] {
  return [...new Set([...plan.spec.claims.map(({ metric }) => metric), ...(plan.spec.show ?? [])])];
}

function cell(values: readonly number[]): string {
  const { mean, high } = estimate(values);
  return high === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(high - mean)}`;
}

/** One row of the ledger: what was claimed, what came out. */
export function ledgerRow(plan: ExperimentPlan, result: ExperimentResult, tool: string): string {
  const claims = result.claims.map(({ id, verdict, effect, low, high, adjustedP }) => ({
    id,
    verdict,
    effect,
    low,
    high,
    adjustedP,
  }));
  return JSON.stringify({
    experiment: plan.spec.name,
    verdict: result.verdict,
    inputs: plan.hash,
    tool,
    seeds: plan.spec.seeds,
    claims,
  });
}
