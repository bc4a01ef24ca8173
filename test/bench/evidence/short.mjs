// Every proposal of the recorded studies, one point of each, and some arms of the experiments once more, compared to the bit. Plain
// JavaScript on the built program: policy modules run as they are shipped. The parts are dealt out to processes, one a core.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSampler } from '../../../dist/src/optimizer/sampler/registry.js';
import { buildReport } from '../../../dist/src/report/build-report.js';
import { loadExperiment } from '../../../dist/src/study/io/load-experiment.js';
import { openStudyEvaluator } from '../../../dist/src/study/io/open-evaluator.js';
import { readStarted } from '../../../dist/src/study/io/plan-file.js';
import { packageVersion } from '../../../dist/src/study/io/package-file.js';
import { openRecorded } from '../../../dist/src/study/io/study-session.js';
import { openSimulationPool } from '../../../dist/src/study/io/worker-pool.js';
import { samplerName } from '../../../dist/src/study/propose.js';
import { recordedOutcomes } from '../../../dist/src/study/recorded-outcomes.js';
import { firstDifference, requireSameProposals, verifyJournal } from '../../../dist/src/study/verify.js';

const FOLDER = 'reports/target-v2';
/** Arms that are simulated again, on the first seed of each experiment. */
const ARMS = {
  't1-tuned': ['stock', 'pools', 'partition'],
  't1-ablation': ['closed-pools'],
  criteria: ['pools-near'],
  't1-roofline': ['pools'],
  t2: ['pools-light'],
  't2-tuned': ['pools-heavy'],
  t3: ['pools-200'],
};

const began = performance.now();
let differences = 0;

/** One line of the result; a difference is told in full and makes the exit code 4. */
function told(what, difference) {
  if (difference !== null) differences++;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${what}: ${difference === null ? 'identical' : JSON.stringify(difference)} (${seconds} s)`);
}

/** Proposals from the outcomes as they stand: the sampler alone, no simulation. */
async function proposalsAgain(folder, { plan, entries }) {
  const started = readStarted(folder);
  requireSameProposals(samplerName(plan), started.tool);
  const evaluate = recordedOutcomes(plan, entries);
  const run = { plan, sampler: createSampler(samplerName(plan)), evaluate, started };
  told(`${folder}: ${entries.length} entries proposed again`, await verifyJournal(run, entries, () => undefined));
}

/** The last measured point, on the first tuning seed. */
async function pointAgain(folder, { plan, state }) {
  const { number, values, outcome } = state.trials.findLast((trial) => trial.outcome?.kind === 'observed');
  const pool = await openStudyEvaluator(plan, { workers: 1 });
  const again = await pool.evaluate(values, plan.seeds.slice(0, 1));
  await pool.close();
  const recorded = outcome?.kind === 'observed' ? { ...outcome, replicates: outcome.replicates.slice(0, 1) } : outcome;
  told(`${folder}: trial ${number}, seed ${plan.seeds[0]}`, firstDifference(recorded, again, 'outcome'));
}

/** Indices, intervals and ranges from the journal. */
async function sensitivityAgain(study) {
  const { plan, state } = await openRecorded(join(FOLDER, study));
  const again = JSON.parse(JSON.stringify(buildReport(plan, state, packageVersion()).sensitivity));
  const { data } = JSON.parse(readFileSync(join(FOLDER, `sensitivity-${study}.json`), 'utf8'));
  told(`sensitivity of ${study}`, firstDifference(data, again, 'sensitivity'));
}

async function armsAgain(experiment, names) {
  const plan = await loadExperiment(`studies/target-v2/experiments/${experiment}.yaml`);
  const { name, seeds } = plan.spec;
  const recorded = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
  told(`${name}: inputs`, recorded.inputs === plan.hash ? null : [recorded.inputs, plan.hash]);
  const pool = openSimulationPool(plan.setups, 1);
  const again = await Promise.all(
    names.map((arm) => pool.evaluate({ setup: plan.armNames.indexOf(arm), values: {}, seed: seeds[0] })),
  );
  await pool.close();
  for (const [index, arm] of names.entries()) {
    const { metrics } = recorded.arms.find((one) => one.name === arm);
    const figures = Object.fromEntries(Object.entries(metrics).map(([metric, values]) => [metric, values[0]]));
    const outcome = again[index];
    const measured = outcome.kind === 'measured' ? outcome.metrics : {};
    const shown = Object.fromEntries(Object.keys(metrics).map((metric) => [metric, measured[metric] ?? null]));
    told(`${name}: arm ${arm}, seed ${seeds[0]}`, firstDifference(figures, shown, arm));
  }
}

/** The parts by name. */
const PARTS = new Map([
  ...readdirSync(FOLDER, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => [name, () => studyAgain(join(FOLDER, name))]),
  ...['t1-stock', 't1-class-pools-bar'].map((study) => [`sensitivity of ${study}`, () => sensitivityAgain(study)]),
  ...Object.entries(ARMS).map(([experiment, arms]) => [`arms of ${experiment}`, () => armsAgain(experiment, arms)]),
]);

async function studyAgain(folder) {
  const recorded = await openRecorded(folder);
  await proposalsAgain(folder, recorded);
  await pointAgain(folder, recorded);
}

/** Takes part after part. @returns whether nothing differed */
async function work(waiting) {
  let same = true;
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), part], { stdio: 'inherit' });
    const code = await new Promise((resolve) => child.on('close', resolve));
    same = code === 0 && same;
  }
  return same;
}

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !PARTS.has(name));
if (unknown !== undefined) {
  console.error(`the evidence has no part ${JSON.stringify(unknown)}; known: ${[...PARTS.keys()].join(', ')}`);
  process.exitCode = 2;
} else if (chosen.length === 0) {
  const waiting = [...PARTS.keys()];
  const all = await Promise.all(Array.from({ length: availableParallelism() }, () => work(waiting)));
  console.log(`evidence in short form: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  process.exitCode = all.every(Boolean) ? 0 : 4;
} else {
  for (const name of chosen) await PARTS.get(name)();
  process.exitCode = differences === 0 ? 0 : 4;
}
