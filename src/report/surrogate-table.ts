import type { ModelMemory } from '../optimizer/gp/model-choice.ts';
import { constraintQuality, qualityWarning } from '../optimizer/sensitivity/surrogate-quality.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { evidenceOf } from '../study/propose.ts';
import type { Trial } from '../study/trial.ts';

/** How well the surrogate of one outcome predicts points left out. */
export interface SurrogateQuality {
  readonly metric: string;
  readonly role: 'objective' | 'constraint';
  /** Null where the outcome is the same at every point. */
  readonly leaveOneOutR2: number | null;
  /** Present exactly where R² is below 0.7. */
  readonly warning?: string;
}

/** Of every surrogate, objectives first; empty where these were not analysed. */
export function surrogateQualities(
  plan: StudyPlan,
  trials: readonly Trial[],
  objectives: readonly { readonly metric: string; readonly surrogateR2: number | null }[],
  memory: ModelMemory,
): readonly SurrogateQuality[] {
  if (objectives.length === 0) return [];
  const of = (role: SurrogateQuality['role'], metric: string, leaveOneOutR2: number | null): SurrogateQuality => ({
    metric,
    role,
    leaveOneOutR2,
    ...warningOf(metric, leaveOneOutR2),
  });
  const constraints = constraintQuality(evidenceOf(plan, trials, []), memory);
  return [
    ...objectives.map(({ metric, surrogateR2 }) => of('objective', metric, surrogateR2)),
    ...plan.constraints.map(({ metric }, c) => of('constraint', metric, constraints[c]!)),
  ];
}

export function warningOf(metric: string, r2: number | null): { readonly warning?: string } {
  const warning = qualityWarning(metric, r2);
  return warning === null ? {} : { warning };
}
