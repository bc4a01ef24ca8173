import { leaveOneOut } from '../gp/diagnostics.ts';
import { featureMap } from '../gp/features.ts';
import { conditionModel } from '../gp/fit.ts';
import { featureRows } from '../gp/kernel.ts';
import { chooseModels, ModelMemory, representative, rowsOf } from '../gp/model-choice.ts';
import { IDENTITY } from '../gp/outcome-transform.ts';
import { aroundZero } from '../gp/slack-scale.ts';
import type { Evidence } from '../sampler/sampler.ts';
import { isMeasured, outcome } from '../sampler/surrogates.ts';

/** A surrogate that predicts less of the variance of points left out than this has not seen what there is. */
const TRUSTED_R2 = 0.7;

const MOST_POINTS = 160;

/**
 * Leave-one-out R² of the surrogate of each constraint, on the scale on which the sampler reads slacks.
 * @returns null below 3 points, and for a slack that is the same everywhere
 */
export function constraintQuality(evidence: Evidence, memory = new ModelMemory()): readonly (number | null)[] {
  const features = featureMap(evidence.space);
  const measured = [...(evidence.earlier ?? []), ...evidence.observations].filter(isMeasured);
  const points = featureRows(
    measured.map(({ values }) => features.fromValues(values)),
    features.categorical,
  );
  return Array.from({ length: evidence.constraintCount }, (_, c) => {
    const all = outcome(
      points,
      measured,
      (o) => o.slacks[c]!,
      (o) => o.slackVariances[c],
    );
    if (measured.length < 3 || all.losses.every((slack) => slack === all.losses[0])) return null;
    const data = aroundZero(rowsOf(all, representative(all, MOST_POINTS)), memory);
    return leaveOneOut(conditionModel(data, chooseModels(data, [IDENTITY], memory)[0]!)).r2;
  });
}

/** A sentence where a surrogate is not to be trusted; null where it is. */
export function qualityWarning(outcome: string, r2: number | null): string | null {
  if (r2 === null || r2 >= TRUSTED_R2) return null;
  const found = `predicts points left out with R² ${r2.toFixed(2)} (below ${TRUSTED_R2})`;
  return `The surrogate of ${outcome} ${found}: what it says of parameters is a guess, take the intervals at their word or measure more points.`;
}
