import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { entryText, type JournalEntry } from '../../src/study/journal.ts';
import { EMPTY_CHAIN, nextLine } from '../../src/study/journal-chain.ts';
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

/** The file of a journal, with the checksums of its lines where its format has them. */
export function chainedText(entries: readonly JournalEntry[]): string {
  let chain = EMPTY_CHAIN;
  const lines = entries.map((entry) => {
    const next = nextLine(chain, entry);
    chain = next.chain;
    return next.text;
  });
  return `${lines.join('\n')}\n`;
}

export const journalText = (entries: readonly JournalEntry[]): string => entries.map(entryText).join('\n');
