import { filledConclusion } from '../study/experiment/conclusion.ts';
import type { ExperimentResult } from '../study/experiment/experiment.ts';
import type { ExperimentPlan } from '../study/experiment/experiment-plan.ts';
import { metricValues } from '../study/objective.ts';
import { estimate } from './estimate.ts';
import { formatNumber } from './format.ts';
import { markdownText } from './markdown-text.ts';

const EFFECTS =
  'Effects are paired by seed: relative changes from mean logarithms of ratios, or, where a value is 0 or negative, differences in the unit of the metric. ' +
  'A claim is confirmed when its whole interval fulfils it, refuted when none of it does, undecided otherwise.';

/** One experiment as Markdown: question, arms with figures, claims with verdicts. */
export function experimentMarkdown(plan: ExperimentPlan, result: ExperimentResult): string {
  const { spec } = plan;
  const metrics = shownMetrics(plan);
  const armRows = result.arms.map((arm) => {
    const description = spec.arms[arm.name]?.description ?? '';
    const texts = [arm.name, description].map(markdownText);
    const cells = metrics.map((metric) => (arm.failure === null ? cell(metricValues(arm.replicates, metric)) : '–'));
    return `| ${[...texts, ...cells, markdownText(arm.failure ?? '')].join(' | ')} |`;
  });
  const claimRows = result.claims.map((claim) => {
    const written = spec.claims.find(({ id }) => id === claim.id)!;
    const p = claim.adjustedP === null ? '–' : claim.adjustedP.toPrecision(2);
    const [id, statement, sentence] = [claim.id, written.statement, claim.sentence].map(markdownText);
    return `| ${id} | ${written.role ?? ''} | ${statement} | **${claim.verdict}** | ${sentence} | ${p} |`;
  });
  return [
    `# ${markdownText(spec.title)}`,
    '',
    `**Verdict: ${result.verdict}.**`,
    ...(spec.question === undefined ? [] : ['', markdownText(spec.question)]),
    ...(spec.published === undefined ? [] : ['', `Published: ${markdownText(spec.published)}`]),
    ...(spec.conclusion === undefined ? [] : ['', `In words: ${markdownText(filledConclusion(spec, result.claims))}`]),
    '',
    `Seeds ${spec.seeds.join(', ')}; every arm meets the same seeds. Means with 95 % Student-t intervals.`,
    '',
    EFFECTS,
    '',
    `| arm | what it is | ${metrics.map(markdownText).join(' | ')} | |`,
    `|---|---|${metrics.map(() => '---:').join('|')}|---|`,
    ...armRows,
    '',
    '| claim | role | statement | verdict | effect [95 % Student interval] | p (Wilcoxon, Holm) |',
    '|---|---|---|---|---|---|',
    ...claimRows,
    '',
    `Inputs: ${plan.hash}`,
    '',
  ].join('\n');
}

/** The figures behind the page: per-seed values of the metrics that are shown, and the claims. */
export function experimentJson(plan: ExperimentPlan, result: ExperimentResult): string {
  const metrics = shownMetrics(plan);
  const arms = result.arms.map((arm) => ({
    name: arm.name,
    failure: arm.failure,
    seeds: arm.replicates.map(({ seed }) => seed),
    metrics: Object.fromEntries(metrics.map((metric) => [metric, metricValues(arm.replicates, metric)])),
  }));
  const { name, title } = plan.spec;
  const document = {
    schemaVersion: 1,
    name,
    title,
    inputs: plan.hash,
    verdict: result.verdict,
    arms,
    claims: result.claims,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A table of experiments with their verdicts, each linked to its page. */
export function experimentIndex(
  entries: readonly { readonly plan: ExperimentPlan; readonly result: ExperimentResult }[],
): string {
  const count = (verdict: string): number => entries.filter(({ result }) => result.verdict === verdict).length;
  const rows = entries.map(({ plan: { spec }, result }) => {
    const claims = result.claims.map(({ id, verdict }) => `${markdownText(id)}: ${verdict}`).join('<br>');
    const words = markdownText(filledConclusion(spec, result.claims));
    return `| [${linkText(spec.title)}](${spec.name}.md) | **${result.verdict}** | ${words} | ${claims} |`;
  });
  return [
    '# Experiments',
    '',
    `${count('confirmed')} confirmed, ${count('partially')} partially, ${count('undecided')} undecided, ${count('refuted')} refuted. The main claims of an experiment decide its verdict; every arm of an experiment meets the same seeds.`,
    '',
    '| experiment | verdict | in words | claims |',
    '|---|---|---|---|',
    ...rows,
    '',
    'All verdicts ever reached, one row each: [ledger.jsonl](ledger.jsonl).',
    '',
  ].join('\n');
}

/** Inside a link, brackets would end it. */
function linkText(text: string): string {
  return markdownText(text).replace(/[[\]]/g, (bracket) => `\\${bracket}`);
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
  const claims = result.claims.map(({ id, verdict, scale, effect, low, high, adjustedP }) => ({
    id,
    verdict,
    scale,
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
