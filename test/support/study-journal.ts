import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { entryText, type JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { runStudy } from '../../src/study/run-study.ts';
import type { Evaluate } from '../../src/study/trial.ts';

/** First line of a journal of this plan. */
export const started = (plan: StudyPlan): JournalEntry => ({
  kind: 'study-started',
  format: 1,
  plan: plan.hash,
  name: plan.name,
  tool: 'test',
  node: 20,
});

/** Runs a study in this thread, or goes on after `entries`, and gives the whole journal. */
export async function journalOf(
  plan: StudyPlan,
  evaluate: Evaluate,
  entries: readonly JournalEntry[] = [],
): Promise<JournalEntry[]> {
  const all = [...entries];
  const sampler = createSampler(plan.sampler);
  for await (const entry of runStudy({ plan, sampler, evaluate, started: started(plan), entries })) all.push(entry);
  return all;
}

export const journalText = (entries: readonly JournalEntry[]): string => entries.map(entryText).join('\n');
