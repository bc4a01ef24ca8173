/**
 * What the budget savers of a study bring: hypervolume at an equal number of simulated requests, paired by study seed with the
 * same study without savers.
 *
 *   node --import tsx test/bench/savers.ts [STUDY] [TRIALS] [STUDY-SEEDS] [REPLICATES] [OBJECTIVES, by comma]
 *
 * Each arm is cut where it has simulated as many requests as the plain study took for TRIALS trials; short runs count with
 * their share. Arms with savers may go on to 2 TRIALS so that the cut comes first, but their sampler plans for TRIALS as well: all
 * arms start from the same design. Hypervolume is that of reports: relative improvements over the baseline
 * of the complete feasible points, which are always measured on all seeds. Simulations are shared between arms.
 */
import { availableParallelism } from 'node:os';
import { canonicalText, type Json, type JsonObject } from '../../src/base/json.ts';
import { parseYaml } from '../../src/document/yaml.ts';
import { meanInterval } from '../../src/numeric/statistics.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import type { Sampler } from '../../src/optimizer/sampler/sampler.ts';

import { createSimulator } from '../../src/simulators/registry.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { openStudyEvaluator } from '../../src/study/io/open-evaluator.ts';
import { replay } from '../../src/study/journal.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';
import { samplerName } from '../../src/study/propose.ts';
import { runStudy } from '../../src/study/run-study.ts';
import type { Evaluate, EvaluatedOutcome, Trial } from '../../src/study/trial.ts';
import { improvementVolume } from './improvement-volume.ts';

const [file = 'studies/quickstart.yaml', trialsText = '30', seedsText = '3', replicatesText = '3', objectivesText] =
  process.argv.slice(2);
const TRIALS = Number(trialsText);
const SEEDS = [42, 123, 456, 789, 1011, 1213, 1415, 1617, 1819, 2021].slice(0, Number(replicatesText));

const ARMS: Readonly<Record<string, JsonObject>> = {
  plain: {},
  racing: { racing: {} },
  screening: { screening: { fraction: 0.2 } },
  both: { racing: {}, screening: { fraction: 0.2 } },
};

async function planOf(arm: JsonObject, studySeed: number): Promise<StudyPlan> {
  const sources = loadStudySources(file);
  const { validation: _validation, ...study } = sources.study.value as JsonObject;
  const trials = Object.keys(arm).length === 0 ? TRIALS : 2 * TRIALS;
  const chosen = objectivesText?.split(',').map((metric) => ({ metric }));
  const objectives = chosen === undefined ? {} : { objectives: chosen };
  const changed = { ...study, ...objectives, ...arm, seeds: SEEDS, seed: studySeed, budget: { trials } };
  const source = parseYaml(JSON.stringify(changed), file);
  return await resolvePlan({ ...sources, study: { ...source, value: source.value as Json } }, createSimulator);
}

function costOf({ outcome }: Trial, fraction: number): number {
  if (outcome?.kind !== 'observed' && outcome?.kind !== 'stopped') return 0;
  return outcome.replicates.length + fraction * (outcome.short?.length ?? 0);
}

/** Runs an arm until it has simulated as much as `limit` whole workloads. */
async function run(
  plan: StudyPlan,
  evaluate: Evaluate,
  limit: number,
): Promise<{ trials: readonly Trial[]; cost: number }> {
  const fraction = plan.screening?.fraction ?? 0;
  const started = {
    kind: 'study-started',
    format: 1,
    plan: plan.hash,
    name: plan.name,
    tool: 'bench',
    node: 0,
  } as const;
  const entries = [];
  const own = createSampler(samplerName(plan));
  const sampler: Sampler = (evidence, request) => own({ ...evidence, budget: TRIALS }, request);
  for await (const entry of runStudy({ plan, sampler, evaluate, started, entries: [] })) {
    const before = replay(entries).trials.reduce((sum, trial) => sum + costOf(trial, fraction), 0);
    if (entry.kind === 'trial-finished') {
      const trial = replay([...entries, entry]).trials[entry.trial]!;
      if (before + costOf(trial, fraction) > limit + 1e-9) break;
    }
    entries.push(entry);
  }
  const trials = replay(entries).trials.filter(({ outcome }) => outcome !== null);
  return { trials, cost: trials.reduce((sum, trial) => sum + costOf(trial, fraction), 0) };
}

/** Simulates each (vector, seed, share) once. */
function remembering(evaluate: Evaluate): Evaluate {
  const known = new Map<string, Promise<EvaluatedOutcome>>();
  return async (values, seeds, { fidelity = 1 } = {}) => {
    const outcomes = await Promise.all(
      seeds.map((seed) => {
        const key = canonicalText({ values, seed, fidelity } as unknown as Json);
        const outcome = known.get(key) ?? evaluate(values, [seed], { fidelity });
        known.set(key, outcome);
        return outcome;
      }),
    );
    const broken = outcomes.find(({ kind }) => kind !== 'observed');
    if (broken !== undefined) return broken;
    return { kind: 'observed', replicates: outcomes.flatMap((one) => (one.kind === 'observed' ? one.replicates : [])) };
  };
}

/** Of the relative improvements over the baseline, as in reports. */
function volumeOf(plan: StudyPlan, trials: readonly Trial[]): number {
  return improvementVolume(plan, trials, trials[0]!);
}

const pool = await openStudyEvaluator(await planOf({}, 1), { workers: Math.min(2, availableParallelism()) });
const evaluate = remembering(pool.evaluate);
const names = Object.keys(ARMS);
const gains: number[][] = names.map(() => []);
console.log(`${file}, ${TRIALS} trials × ${SEEDS.length} seeds, equal number of simulated requests`);
console.log('study seed, arm: trials, stopped, cost in whole simulations, hypervolume, difference to plain');
for (let studySeed = 1; studySeed <= Number(seedsText); studySeed++) {
  const results = [];
  for (const name of names) {
    const plan = await planOf(ARMS[name]!, studySeed);
    results.push({ plan, ...(await run(plan, evaluate, TRIALS * SEEDS.length)) });
  }
  const hv = results.map(({ plan, trials }) => volumeOf(plan, trials));
  for (const [index, { trials, cost }] of results.entries()) {
    gains[index]!.push(hv[index]! - hv[0]!);
    const stopped = trials.filter(({ outcome }) => outcome?.kind === 'stopped').length;
    console.log(
      `${studySeed}, ${names[index]}: ${trials.length}, ${stopped}, ${cost.toFixed(1)}, ${hv[index]!.toFixed(5)}, ${(hv[index]! - hv[0]!).toFixed(5)}`,
    );
  }
}
for (const [index, name] of names.entries()) {
  if (index === 0 || gains[index]!.length < 2) continue;
  const { value, low, high } = meanInterval(gains[index]!);
  const shown = [value, low, high].map((one) => one?.toFixed(5));
  console.log(
    `${name} against plain: mean difference ${shown[0]} [${shown[1]}, ${shown[2]}], ${gains[index]!.length} study seeds`,
  );
}
await pool.close();
