import { studentCdf } from '../../numeric/student-t.ts';
import { toLoss } from '../objective.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import type { StopFigure, StopVerdict } from '../stop-verdict.ts';
import type { Trial } from '../trial.ts';
import { completeMean } from './complete-trials.ts';

/** Relative differences below this are rounding. */
const ROUNDING = 1e-9;

/** What a trial's mean over all seeds is expected to be, for one objective. */
export interface ExpectedMean {
  readonly mean: number;
  /** Standard deviation of its error: relative where `logarithmic`. */
  readonly deviation: number;
  readonly freedom: number;
  readonly logarithmic: boolean;
  /** Rank correlation behind an expectation from short runs. */
  readonly correlation?: number;
}

/**
 * The complete trial that most certainly is better in every objective. The chance that it is not is at most the sum over
 * objectives of the Student-t tails P(T ≥ gap / deviation) (union bound).
 * @param expectations - by objective; null where there is none
 * @returns null when no chance is ≤ `risk`
 */
export function mostCertainRival(
  plan: StudyPlan,
  rivals: readonly Trial[],
  expectations: readonly (ExpectedMean | null)[],
  risk: number,
): Omit<StopVerdict, 'rule'> | null {
  const usable = expectations.filter((one) => one !== null);
  if (usable.length < expectations.length) return null;
  let best: Omit<StopVerdict, 'rule'> | null = null;
  for (const rival of rivals) {
    let chance = 0;
    const figures: StopFigure[] = [];
    for (const [index, objective] of plan.objectives.entries()) {
      const { mean, deviation, freedom, logarithmic, correlation } = usable[index]!;
      const { metric } = objective;
      const against = completeMean(rival, metric);
      const gap = logarithmic
        ? toLoss(objective, Math.log(mean / against))
        : toLoss(objective, mean) - toLoss(objective, against);
      chance += chanceAgainst(gap, logarithmic ? 1 : Math.abs(against), deviation, freedom);
      const absolute = deviation * (logarithmic ? mean : 1);
      const ranks = correlation === undefined ? {} : { correlation };
      figures.push({ metric, expected: mean, deviation: absolute, against, ...ranks });
    }
    if (chance <= risk && (best === null || chance < best.chance)) best = { by: rival.number, chance, figures };
  }
  return best;
}

/** Chance that an error with this deviation makes up for a gap; 1 where there is no gap but rounding. */
export function chanceAgainst(gap: number, scale: number, deviation: number, freedom: number): number {
  if (gap <= ROUNDING * scale) return 1;
  return deviation === 0 ? 0 : studentCdf(-gap / deviation, freedom);
}
