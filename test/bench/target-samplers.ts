import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseYaml } from '../../src/document/yaml.ts';
import { quantile } from '../../src/numeric/statistics.ts';
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
const FOLDER = join(ROOT, 'reports/target-samplers');
const RUNS = join(FOLDER, 'runs.jsonl');
const TRIALS = 30;

/** Optuna's GPSampler around the Go program: same problem, same seeds, 30 evaluations, recorded on this machine type. */
const RIVAL = { ttft: 448.2, tokens: 113_068, e2e: 2826.5, hypervolume: 0.0252, seconds: 640 };

interface Outcome {
  readonly sampler: string;
  readonly seed: number;
  /** Different vectors of losses among the evaluations. */
  readonly distinct: number;
  readonly ttft: number;
  readonly tokens: number;
  readonly e2e: number;
  readonly hypervolume: number;
  readonly seconds: number;
}

/**
 * Samplers on the target problem with 4,000 requests, frozen in `target-problem/`: 30 evaluations for each study seed. Runs in the
 * file are kept, so that a run that was cut short goes on.
 */
export async function main(args: readonly string[] = []): Promise<void> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      samplers: { type: 'string', default: SAMPLERS.join(',') },
      seeds: { type: 'string', default: '101-110' },
      workers: { type: 'string', default: '2' },
    },
  });
  const [first, last] = flags.seeds.split('-').map(Number);
  mkdirSync(FOLDER, { recursive: true });
  const outcomes = readRuns();
  for (let seed = first!; seed <= (last ?? first!); seed++)
    for (const sampler of flags.samplers.split(',')) {
      if (outcomes.some((outcome) => outcome.sampler === sampler && outcome.seed === seed)) continue;
      const outcome = await study(sampler, seed, Number(flags.workers));
      outcomes.push(outcome);
      appendFileSync(RUNS, `${JSON.stringify(outcome)}\n`);
      console.log(JSON.stringify(outcome));
    }
  writeFileSync(join(FOLDER, 'README.md'), pageOf(outcomes));
}

function readRuns(): Outcome[] {
  if (!existsSync(RUNS)) return [];
  const lines = readFileSync(RUNS, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Outcome);
}

function pageOf(outcomes: readonly Outcome[]): string {
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))].sort((a, b) => a - b);
  const measured = SAMPLERS.filter((sampler) => outcomes.some((outcome) => outcome.sampler === sampler));
  const rows = measured.map((sampler) => {
    const own = outcomes.filter((outcome) => outcome.sampler === sampler);
    return `| ${sampler} | ${own.length} | ${quartiles(own, 'ttft', 1)} | ${quartiles(own, 'tokens', 0)} | ${quartiles(own, 'e2e', 1)} | ${quartiles(own, 'hypervolume', 4)} | ${quartiles(own, 'distinct', 0)} | ${quartiles(own, 'seconds', 1)} |`;
  });
  return `# Samplers on the target problem

4,000 requests, seeds 42, 123, 456, ${TRIALS} evaluations (the baseline is one of them), median [quartiles] over study seeds from ${seeds.join(', ')}.

| sampler | study seeds | best TTFT P99, ms | best tokens/s | best E2E P99, ms | hypervolume of improvements | distinct outcomes | wall, s |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
| Optuna GPSampler + Go binary (recorded) | 1 | ${RIVAL.ttft} | ${RIVAL.tokens} | ${RIVAL.e2e} | ${RIVAL.hypervolume} | – | ${RIVAL.seconds} (simulation) |

## Bars, by medians

${barLines(outcomes).join('\n')}
`;
}

/** What the project set itself for sampler gp on this problem, reached or not. */
function barLines(outcomes: readonly Outcome[]): string[] {
  const median = (sampler: string, key: Figure): number =>
    quartile(
      outcomes.filter((outcome) => outcome.sampler === sampler),
      key,
      0.5,
    );
  const bars: readonly (readonly [string, Figure, number, number])[] = [
    [`distinct outcomes in ${TRIALS}`, 'distinct', 27, 0],
    ['hypervolume of improvements', 'hypervolume', 0.036, 4],
    ["tokens/s (Sobol's)", 'tokens', median('sobol', 'tokens'), 0],
  ];
  return bars.map(([name, key, bar, digits]) => {
    const reached = median('gp', key);
    return `- ${name}: ${reached.toFixed(digits)}, bar ${bar.toFixed(digits)}: ${reached >= bar ? 'reached' : 'not reached'}`;
  });
}

async function study(sampler: string, seed: number, workers: number): Promise<Outcome> {
  const sources = loadStudySources(join(ROOT, 'test/bench/target-problem/study.yaml'));
  const text = sources.study.text
    .replace('sampler: gp', `sampler: ${sampler}`)
    .replace(/^seed: \d+$/m, `seed: ${seed}`);
  const plan = await resolvePlan({ ...sources, study: parseYaml(text, sources.study.file) }, createSimulator);
  const pool = await openStudyEvaluator(plan, { workers });
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
    sampler,
    seed,
    distinct: new Set(points.map((point) => point.join(' '))).size,
    ttft: best(0),
    tokens: -best(1),
    e2e: best(2),
    hypervolume: improvementVolume(plan, trials, trials[0]!),
    seconds,
  };
}

type Figure = Exclude<keyof Outcome, 'sampler' | 'seed'>;

function quartile(outcomes: readonly Outcome[], key: Figure, share: number): number {
  return quantile(
    outcomes.map((outcome) => outcome[key]),
    share,
  );
}

function quartiles(outcomes: readonly Outcome[], key: Figure, digits: number): string {
  const at = (share: number): string => quartile(outcomes, key, share).toFixed(digits);
  return `${at(0.5)} [${at(0.25)}, ${at(0.75)}]`;
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
