import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../../src/document/yaml.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';

import { createSimulator } from '../../src/simulators/registry.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { openStudyEvaluator } from '../../src/study/io/open-evaluator.ts';
import { type JournalEntry, replay } from '../../src/study/journal.ts';
import { losses } from '../../src/study/objective.ts';
import { resolvePlan } from '../../src/study/plan/study-plan.ts';
import { runStudy } from '../../src/study/run-study.ts';
import { improvementVolume } from './improvement-volume.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const SAMPLERS = ['gp', 'sobol', 'random'];
const STUDY_SEEDS = [1, 2, 3, 4, 5];

/** Optuna's GPSampler around the Go program: same problem, same seeds, 30 evaluations, recorded on this machine type. */
const RIVAL = { ttft: 448.2, tokens: 113_068, e2e: 2826.5, hypervolume: 0.0252, seconds: 640 };

interface Outcome {
  readonly ttft: number;
  readonly tokens: number;
  readonly e2e: number;
  readonly hypervolume: number;
  readonly seconds: number;
}

/** Samplers on the quickstart study (the target problem with 4,000 requests): 30 evaluations each, five study seeds. */
export async function main(): Promise<void> {
  const rows = [
    '| sampler | best TTFT P99, ms | best tokens/s | best E2E P99, ms | hypervolume of improvements | wall, s |',
    '|---|---|---|---|---|---|',
  ];
  const raw: Record<string, Outcome[]> = {};
  for (const sampler of SAMPLERS) {
    const outcomes: Outcome[] = [];
    for (const seed of STUDY_SEEDS) outcomes.push(await study(sampler, seed));
    raw[sampler] = outcomes;
    rows.push(
      `| ${sampler} | ${quartiles(outcomes, 'ttft', 1)} | ${quartiles(outcomes, 'tokens', 0)} | ${quartiles(outcomes, 'e2e', 1)} | ${quartiles(outcomes, 'hypervolume', 4)} | ${quartiles(outcomes, 'seconds', 1)} |`,
    );
    console.log(rows.at(-1));
  }
  rows.push(
    `| Optuna GPSampler + Go binary (recorded, one run) | ${RIVAL.ttft} | ${RIVAL.tokens} | ${RIVAL.e2e} | ${RIVAL.hypervolume} | ${RIVAL.seconds} (simulation) |`,
  );
  const folder = join(ROOT, 'reports/target-samplers');
  mkdirSync(folder, { recursive: true });
  const text = `# Samplers on the target problem\n\n4,000 requests, seeds 42, 123, 456, 30 evaluations (the baseline is one of them), median [quartiles] over study seeds ${STUDY_SEEDS.join(', ')}.\n\n${rows.join('\n')}\n`;
  writeFileSync(join(folder, 'README.md'), text);
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(raw, null, 2)}\n`);
}

async function study(sampler: string, seed: number): Promise<Outcome> {
  const sources = loadStudySources(join(ROOT, 'studies/quickstart.yaml'));
  const text = sources.study.text
    .replace('sampler: gp', `sampler: ${sampler}`)
    .replace(/^seed: \d+$/m, `seed: ${seed}`)
    .replace(/^validation: .*\n/m, '');
  const plan = await resolvePlan({ ...sources, study: parseYaml(text, sources.study.file) }, createSimulator);
  const pool = await openStudyEvaluator(plan, { workers: 2 });
  const started: JournalEntry = {
    kind: 'study-started',
    format: 1,
    plan: plan.hash,
    name: plan.name,
    tool: 'bench',
    node: 20,
  };
  const entries: JournalEntry[] = [];
  const begin = performance.now();
  for await (const entry of runStudy({
    plan,
    sampler: createSampler(sampler),
    evaluate: pool.evaluate,
    started,
    entries: [],
  }))
    entries.push(entry);
  const seconds = (performance.now() - begin) / 1000;
  await pool.close();
  const { trials } = replay(entries);
  const points = trials.map((trial) => losses(plan, trial)!);
  const best = (index: number): number => Math.min(...points.map((point) => point[index]!));
  return {
    ttft: best(0),
    tokens: -best(1),
    e2e: best(2),
    hypervolume: improvementVolume(plan, trials, trials[0]!),
    seconds,
  };
}

function quartiles(outcomes: readonly Outcome[], key: keyof Outcome, digits: number): string {
  const values = outcomes.map((outcome) => outcome[key]).sort((a, b) => a - b);
  const at = (share: number): string => values[Math.round(share * (values.length - 1))]!.toFixed(digits);
  return `${at(0.5)} [${at(0.25)}, ${at(0.75)}]`;
}

if (process.argv[1] === import.meta.filename) await main();
