import { stream } from '../base/random.ts';
import { type MainEffect, mainEffects } from '../optimizer/sensitivity/main-effects.ts';
import { pedAnova } from '../optimizer/sensitivity/ped-anova.ts';
import { surrogateSensitivity } from '../optimizer/sensitivity/surrogate-sensitivity.ts';
import type { Parameter, ParameterValues } from '../optimizer/space/parameter.ts';
import { isInside } from '../optimizer/space/search-space.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { evidenceOf } from '../study/propose.ts';
import type { Trial } from '../study/trial.ts';
import { formatNumber } from './format.ts';
import { parameterEffects } from './parameter-effects.ts';
import type { ReportTrials } from './report-trials.ts';
import type { ObjectiveSensitivity, SensitivityRow } from './sensitivity-report.ts';
import { warningOf } from './surrogate-table.ts';

/** Below this many measured points indices would say nothing. */
const LEAST_POINTS = 8;
/** A parameter whose total index stays below this, interval included, is called flat. */
const FLAT_BELOW = 0.05;

/**
 * What each objective depends on: surrogate indices; regression, trends and means by level on the trials as cross-checks.
 * @param reported - the same trials with their figures
 */
export function analyseSensitivity(
  plan: StudyPlan,
  trials: readonly Trial[],
  reported: ReportTrials,
): readonly ObjectiveSensitivity[] {
  const evidence = evidenceOf(plan, trials, []);
  const measured = evidence.observations.filter(({ losses }) => losses !== null);
  if (measured.length < LEAST_POINTS) return [];
  const points = measured.map(({ values }) => values);
  const analysis = surrogateSensitivity({ ...evidence, pending: [] }, plan.seed);
  if (analysis === null) return [];
  const effectsOf = parameterEffects({
    ...reported,
    trials: reported.trials.filter((_, index) =>
      isInside(plan.space, normalizeWeights(plan.space, trials[index]!.values)),
    ),
  });
  return plan.objectives.map(({ metric, direction }, objective): ObjectiveSensitivity => {
    const { leaveOneOutR2, indices, best } = analysis[objective]!;
    const losses = measured.map((observation) => observation.losses![objective]!);
    const sign = direction === 'minimize' ? 1 : -1;
    const effects = mainEffects(plan.space, points, losses);
    const amongBest = pedAnova(plan.space, points, losses, { rng: stream(plan.seed, 'ped-anova', objective) });
    const rows = plan.space.parameters.flatMap((parameter, index): SensitivityRow[] => {
      const own = effects.filter((effect) => effect.parameter === parameter.name);
      const { first, total } = indices[index]!;
      return [
        {
          parameter: parameter.name,
          first,
          total,
          amongBest: amongBest[index]!,
          ...shownEffect(own, sign),
          ...effectsOf(parameter, reported.metrics.find(({ name }) => name === metric)!),
          goodRange: goodRange(parameter, best),
          flat: total.high < FLAT_BELOW,
        },
      ];
    });
    return { metric, surrogateR2: leaveOneOutR2, ...warningOf(metric, leaveOneOutR2), rows };
  });
}

/** Of a weight vector the component with the largest t counts. Signs are those of the metric, not of the loss. */
function shownEffect(
  effects: readonly { readonly effect: MainEffect | null }[],
  sign: number,
): { readonly mainEffect: number | null; readonly tStatistic: number | null } {
  const defined = effects.flatMap(({ effect }) => (effect === null ? [] : [effect]));
  const strongest = defined.sort((a, b) => Math.abs(b.tStatistic) - Math.abs(a.tStatistic))[0];
  return {
    mainEffect: strongest === undefined ? null : sign * strongest.slope,
    tStatistic: strongest === undefined ? null : sign * strongest.tStatistic,
  };
}

/** Values in the best predicted tenth of the space: the 5th to the 95th percentile, or the choices by frequency. */
function goodRange(parameter: Parameter, best: readonly ParameterValues[]): string {
  const values = best.flatMap((point) => (point[parameter.name] === undefined ? [] : [point[parameter.name]!]));
  if (values.length === 0) return '–';
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      return range(values as number[]);
    case 'ordinal':
    case 'categorical':
      return byFrequency(values.map(String));
    case 'simplex':
      return parameter.components
        .map((name, index) => `${name} ${range(values.map((value) => (value as readonly number[])[index]!))}`)
        .join(', ');
    default:
      return parameter satisfies never;
  }
}

function range(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  return `${formatNumber(at(0.05))} … ${formatNumber(at(0.95))}`;
}

function byFrequency(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([value, count]) => `${value} (${Math.round((100 * count) / values.length)} %)`)
    .join(', ');
}
