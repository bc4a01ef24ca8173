import { leaveOneOut } from '../optimizer/gp/diagnostics.ts';
import type { FittedGp } from '../optimizer/gp/fit.ts';
import type { ModelMemory } from '../optimizer/gp/model-choice.ts';
import { untransform } from '../optimizer/gp/outcome-transform.ts';
import { type Moments, momentsBuffer, predict } from '../optimizer/gp/posterior.ts';
import { fitSurrogates, type Surrogates } from '../optimizer/sampler/surrogates.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
import { pointKey } from '../optimizer/space/search-space.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { evidenceOf } from '../study/propose.ts';
import type { Trial } from '../study/trial.ts';
import { contourGrid, type Place, sliceLines } from './slice-places.ts';

/** What the surrogate of one objective says, in the metric's unit; intervals are 95 % of the model's own belief. */
export interface SurrogateView {
  readonly metric: string;
  /** Each trial as predicted from all others. */
  readonly predicted: readonly (Belief & { readonly trial: number; readonly measured: number })[];
  /** Along one parameter (or one weight, the others in proportion), all else as at `through`. */
  readonly slices: readonly {
    readonly column: string;
    readonly log: boolean;
    readonly points: readonly (Belief & At)[];
  }[];
  /** Over the two numeric parameters that matter most. */
  readonly contour: {
    readonly x: string;
    readonly y: string;
    readonly cells: readonly {
      readonly x: number;
      readonly y: number;
      readonly mean: number;
      readonly deviation: number;
    }[];
  } | null;
}

export interface SurrogateViews {
  /** Trial that slices and contours pass through. */
  readonly through: number;
  readonly objectives: readonly SurrogateView[];
}

interface At {
  readonly at: number | string;
}

interface Belief {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const Z95 = 1.959964;

/**
 * @param through - the trial to cut the space at
 * @param ranked - by objective, names of parameters, the most important first
 * @returns null when nothing was measured
 */
export function surrogateViews(
  plan: StudyPlan,
  trials: readonly Trial[],
  { through, ranked }: { readonly through: Trial; readonly ranked: readonly (readonly string[])[] },
  memory: ModelMemory,
): SurrogateViews | null {
  const surrogates = fitSurrogates(evidenceOf(plan, trials, []), memory);
  if (surrogates === null) return null;
  const from = normalizeWeights(plan.space, through.values);
  const numbers = new Map(trials.map(({ number, values }) => [pointKey(normalizeWeights(plan.space, values)), number]));
  const objectives = plan.objectives.map(({ metric, direction }, index): SurrogateView => {
    const gp = surrogates.objectives[index]!;
    const believe = believer(surrogates, gp, direction === 'minimize' ? 1 : -1);
    const grid = contourGrid(plan.space, from, ranked[index] ?? []);
    return {
      metric,
      predicted: predictions(surrogates, gp, direction === 'minimize' ? 1 : -1, numbers),
      slices: sliceLines(plan.space, from).map(({ column, log, places }) => ({
        column,
        log,
        points: places.map(({ at, values }) => ({ at, ...believe(values) })),
      })),
      contour:
        grid === null
          ? null
          : { x: grid.x, y: grid.y, cells: grid.places.map((place) => cell(place, believe(place.values))) },
    };
  });
  return { through: through.number, objectives };
}

function cell({ x, y }: Place, { mean, low, high }: Belief) {
  return { x, y, mean, deviation: Math.abs(high - low) / (2 * Z95) };
}

function believer({ features }: Surrogates, gp: FittedGp, sign: number): (values: ParameterValues) => Belief {
  const buffer: Moments = momentsBuffer(gp.posterior);
  return (values) => {
    const { means, variance } = predict(gp.posterior, features.fromValues(values), buffer);
    return belief(gp, sign, means[0]!, Math.sqrt(variance));
  };
}

function belief({ transform }: FittedGp, sign: number, mean: number, deviation: number): Belief {
  const ends = [mean - Z95 * deviation, mean + Z95 * deviation].map((z) => sign * untransform(transform, z));
  return { mean: sign * untransform(transform, mean), low: Math.min(...ends), high: Math.max(...ends) };
}

function predictions(
  { values }: Surrogates,
  gp: FittedGp,
  sign: number,
  numbers: ReadonlyMap<string, number>,
): SurrogateView['predicted'] {
  const { residuals, deviations } = leaveOneOut(gp);
  return values.flatMap((point, i) => {
    const trial = numbers.get(pointKey(point));
    if (trial === undefined) return [];
    const measured = sign * untransform(gp.transform, gp.targets[i]!);
    return [{ trial, measured, ...belief(gp, sign, gp.targets[i]! - residuals[i]!, deviations[i]!) }];
  });
}
