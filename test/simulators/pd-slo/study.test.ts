import { beforeAll, describe, expect, test } from 'vitest';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';
import { evaluateTask, evaluationSetup } from '../../../src/study/evaluation.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { JOURNAL_FORMAT, type JournalEntry, replay } from '../../../src/study/journal.ts';
import { meanMetrics } from '../../../src/study/objective.ts';
import { resolvePlan, type StudyPlan } from '../../../src/study/plan/study-plan.ts';
import { runStudy } from '../../../src/study/run-study.ts';
import { joinReplicates, type Metrics, type Trial } from '../../../src/study/trial.ts';

const FRESH_SEEDS = Array.from({ length: 12 }, (_, index) => 5001 + index);
const OBJECTIVES = { slo_attainment: 1, ttft_p99_ms: -1, tpot_p99_ms: -1 } as const;

describe('the study of the pair scheduler', () => {
  let plan: StudyPlan;
  let measure: (values: Trial['values'], seeds: readonly number[]) => readonly Metrics[];
  let tuned: Trial;
  let baseline: Trial;

  beforeAll(async () => {
    const written = await resolvePlan(loadStudySources('studies/pd-slo.yaml'), createSimulator);
    plan = { ...written, trials: 25, constraints: [], validation: null, workload: { requests: 2000 } };
    const simulator = await createSimulator('pd-slo');
    const evaluate = (values: Trial['values'], seeds: readonly number[]) =>
      joinReplicates(
        seeds,
        seeds.map((seed) => evaluateTask(simulator, evaluationSetup(plan), { values, seed })),
      );
    measure = (values, seeds) => {
      const outcome = evaluate(values, seeds);
      if (outcome.kind !== 'observed') throw new Error(`${outcome.kind}`);
      return outcome.replicates.map(({ metrics }) => metrics);
    };
    const entries: JournalEntry[] = [];
    const started = {
      kind: 'study-started',
      format: JOURNAL_FORMAT,
      plan: plan.hash,
      name: plan.name,
      tool: 'test',
      node: 20,
    } as const;
    const study = {
      plan,
      sampler: createSampler('sobol'),
      evaluate: async (...task: Parameters<typeof evaluate>) => evaluate(...task),
      started,
      entries: [],
    };
    for await (const entry of runStudy(study)) entries.push(entry);
    const { trials } = replay(entries);
    baseline = trials.find(({ origin }) => origin === 'baseline')!;
    tuned = bestImprovement(trials, baseline);
  }, 60_000);

  test('starts from the scheduler’s own defaults', () => {
    expect(plan.baseline).toMatchObject({
      weights: [0.8, 0.2],
      sloBufferFactor: 0.9,
      transferOverheadMs: 5,
      negativeHeadroomProb: 0.01,
      selectionStrategy: 'weighted_random',
    });
  });

  test('finds a point that beats the defaults in all three objectives on seeds it has not seen', () => {
    const before = measure(baseline.values, FRESH_SEEDS);
    const after = measure(tuned.values, FRESH_SEEDS);
    for (const [name, sign] of Object.entries(OBJECTIVES)) {
      const gains = after.map((metrics, index) => sign * (metrics[name]! - before[index]![name]!));
      expect(tStatistic(gains), `${name} ${JSON.stringify(tuned.values)}`).toBeGreaterThan(T_95);
    }
  });
});

/** 95 % quantile of Student's t with 11 degrees of freedom: one-sided test over 12 seeds. */
const T_95 = 1.796;

/** Among trials no worse than the baseline in any objective, the one with the highest attainment. */
function bestImprovement(trials: readonly Trial[], baseline: Trial): Trial {
  const metricsOf = ({ outcome }: Trial): Metrics =>
    outcome?.kind === 'observed' ? meanMetrics(outcome.replicates) : {};
  const base = metricsOf(baseline);
  const better = trials.filter((trial) =>
    Object.entries(OBJECTIVES).every(([name, sign]) => sign * (metricsOf(trial)[name]! - base[name]!) > 0),
  );
  better.sort((a, b) => metricsOf(b)['slo_attainment']! - metricsOf(a)['slo_attainment']!);
  if (better[0] === undefined) throw new Error('no trial beats the baseline on the tuning seeds');
  return better[0];
}

function tStatistic(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return mean / Math.sqrt(variance / values.length);
}
