import type { Evaluator } from '../evaluator.ts';
import { answerParent } from './answer-parent.ts';
import type { EvaluationQuestion } from './process-pool.ts';
import { openThreads } from './worker-pool.ts';

let threads: Evaluator | null = null;

answerParent(async (asked) => {
  const question = asked as EvaluationQuestion;
  if (question.kind === 'evaluate') return await threads!.evaluate(question.task);
  threads = openThreads(question.setups, 1);
  return null;
});
