import type { EvaluationSetup } from '../evaluation.ts';
import { outsideBackend } from './backends.ts';
import { openEvaluator } from './open-evaluator.ts';
import type { OpenedStudy } from './queue/served-study.ts';

/** Opens what a worker of a queue needs for one study. */
export async function openServed(
  setups: readonly EvaluationSetup[],
  options: { readonly workers: number; readonly logFolder?: string },
): Promise<OpenedStudy> {
  const { simulator, template } = setups[0]!;
  const outside = await outsideBackend(simulator);
  const most = outside?.concurrency(template.config) ?? Number.POSITIVE_INFINITY;
  return { evaluator: await openEvaluator(setups, options), most };
}
