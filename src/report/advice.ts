import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { StudyReport } from './study-report.ts';

/** What to do after this study, each line with its reason. */
export function advice(
  plan: StudyPlan,
  report: Pick<StudyReport, 'sensitivity' | 'decision' | 'comparisons' | 'hypervolume' | 'trials' | 'front' | 'ended'>,
): readonly string[] {
  return [...budgetAdvice(report), ...seedAdvice(plan, report), ...edgeAdvice(plan, report), ...flatAdvice(report)];
}

/** Trial after which the dominated share first reached `share` of its last value, counted from 1; null without a front. */
export function reachedAfter({ values }: StudyReport['hypervolume'], share: number): number | null {
  const last = values.at(-1) ?? 0;
  if (last <= 0) return null;
  return values.findIndex((value) => value >= share * last) + 1;
}

function budgetAdvice({ hypervolume, trials, front, ended }: Parameters<typeof advice>[1]): string[] {
  const total = trials.length;
  const latest = Math.max(-1, ...front) + 1;
  const most = reachedAfter(hypervolume, 0.95);
  if (most === null || total < 8 || ended === null) return [];
  if (latest > 0.85 * total && most > 0.7 * total)
    return [
      `The front still grew at trial ${latest} of ${total}: go on with \`paretune run --extend\` and more \`--trials\`.`,
    ];
  return [`95 % of the gain was there after ${most} of ${total} trials: a smaller budget would have done.`].filter(
    () => most <= total / 2,
  );
}

function seedAdvice(plan: StudyPlan, { comparisons, decision }: Parameters<typeof advice>[1]): string[] {
  const lines: string[] = [];
  if (plan.validation === null)
    lines.push('No point was measured on fresh seeds: add `validation: {seeds: [...]}` before a point is shipped.');
  const objectives = new Set(plan.objectives.map(({ metric }) => metric));
  const unclear = comparisons
    .filter(({ trial }) => trial === decision.recommended)
    .flatMap(({ rows }) => rows)
    .filter(({ metric, verdict }) => objectives.has(metric) && verdict === 'no clear difference');
  if (unclear.length > 0) {
    const names = [...new Set(unclear.map(({ metric }) => metric))].join(', ');
    lines.push(
      `The recommended point and the baseline cannot be told apart in ${names}: more seeds would narrow the interval.`,
    );
  }
  return lines;
}

/** Share of a range that counts as its end. */
const END = 0.05;

/** Recommended values at an end of their range. */
function edgeAdvice({ space }: StudyPlan, { decision, trials }: Parameters<typeof advice>[1]): string[] {
  if (decision.recommended === null) return [];
  const { parameters } = trials[decision.recommended]!;
  return space.parameters.flatMap((parameter) => {
    const value = parameters[parameter.name];
    if ((parameter.kind !== 'real' && parameter.kind !== 'integer') || typeof value !== 'number') return [];
    const { low, high, log } = parameter;
    const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    if (share > END && share < 1 - END) return [];
    return [
      `${parameter.name} of the recommended point lies at the ${share <= END ? 'lower' : 'upper'} end of its range: widen the range if the setting allows.`,
    ];
  });
}

/** Parameters that no objective depends on. */
function flatAdvice({ sensitivity }: Parameters<typeof advice>[1]): string[] {
  const names = sensitivity[0]?.rows.map(({ parameter }) => parameter) ?? [];
  const flat = names.filter((name) =>
    sensitivity.every(({ rows }) => rows.find(({ parameter }) => parameter === name)?.flat === true),
  );
  return flat.length === 0
    ? []
    : [
        `No objective depends on ${flat.join(', ')}: leave ${flat.length === 1 ? 'it' : 'them'} out of the next search.`,
      ];
}
