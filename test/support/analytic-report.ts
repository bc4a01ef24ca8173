import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { buildReport } from '../../src/report/build-report.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { type JournalEntry, replay } from '../../src/study/journal.ts';
import { runStudy } from '../../src/study/run-study.ts';
import { analyticSimulator } from './analytic-simulator.ts';
import { inlineEvaluator, planOf, STUDY } from './plan-builder.ts';
import { started } from './study-journal.ts';

export const HOSTILE = 'toy <script>alert(1)</script> & "study"';

/** Report of a small study that ran here: two objectives, a constraint, fresh seeds, a description that is no friend. */
export async function analyticReport(trials = 16): Promise<StudyReport> {
  const simulator = analyticSimulator(0.01);
  const study = `${STUDY.replace('trials: 9', `trials: ${trials}`)}description: '${HOSTILE}'\nvalidation: {seeds: [11, 12, 13], points: 2}\nconstraints: [{metric: share, at_least: 0.1}]\n`;
  const plan = await planOf({ study }, simulator);
  const entries: JournalEntry[] = [];
  const evaluate = inlineEvaluator(plan, simulator);
  const run = runStudy({ plan, sampler: createSampler('sobol'), evaluate, started: started(plan), entries: [] });
  for await (const entry of run) entries.push(entry);
  return buildReport(plan, replay(entries), 'test');
}
