import type { Answer, Question } from './answering-process.ts';

/**
 * Answers the questions of the process that started this one (`answering-process.ts`), until that one ends. Signals that reach
 * the whole group are for the other to judge.
 */
export function answerParent(answer: (question: unknown) => Promise<unknown>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, question }: Question) => {
    void answer(question).then((given) => process.send!({ id, answer: given } satisfies Answer));
  });
}
