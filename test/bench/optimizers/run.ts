/**
 * Runs our samplers on the test problems and appends one JSON line per run; runs already in the file are skipped.
 * `node --import tsx test/bench/optimizers/run.ts --samplers gp,random,sobol --problems listed --seeds 0-9 --out FILE`
 *
 * Other programs run beside ours with `--python FOLDER`, a virtual environment that is made and filled with
 * `pip install optuna botorch` where that has not been done; the comparison is written beside the runs:
 * `node --import tsx test/bench/optimizers/run.ts --python peers-env --problems branin2,hartmann6 --seeds 0-4`
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSampler, samplerNames } from '../../../src/optimizer/sampler/registry.ts';
import { packageVersion } from '../../../src/study/io/package-file.ts';
import { comparisonMarkdown, comparisonRows } from './comparison.ts';
import { peerProposer } from './peer-process.ts';
import { PROBLEMS, type Problem } from './problems.ts';
import { environmentWithPeers, installedVersions, PEER_NAMES, refusal } from './python-peers.ts';
import { figureAt, type ProblemRun, runProblem } from './run-problem.ts';

const { values: flags } = parseArgs({
  options: {
    samplers: { type: 'string' },
    problems: { type: 'string', default: 'listed' },
    seeds: { type: 'string', default: '0-9' },
    budget: { type: 'string', default: '60' },
    python: { type: 'string' },
    out: { type: 'string' },
  },
});

const python = flags.python === undefined ? null : interpreter(flags.python);
const versions = python === null ? {} : installedVersions(python);
if (versions === null) throw new Error(`${python} cannot import optuna and botorch: pip install optuna botorch`);
const samplers = (flags.samplers ?? (python === null ? 'gp' : ['gp', 'sobol', ...PEER_NAMES].join())).split(',');
const out = flags.out ?? (python === null ? 'reports/optimizers/runs.jsonl' : 'comparison/runs.jsonl');
mkdirSync(dirname(out), { recursive: true });
const budget = Number(flags.budget);
const problems = selectProblems(flags.problems);
const done = new Set(readRuns(out).map(({ problem, sampler, seed }) => `${problem}/${sampler}/${seed}`));
const skipped = new Set<string>();
for (const seed of parseSeeds(flags.seeds))
  for (const problem of problems)
    for (const name of samplers) if (!done.has(`${problem.name}/${name}/${seed}`)) await measure(problem, name, seed);
if (python !== null) {
  const rows = comparisonRows(problems, readRuns(out));
  const names = { paretune: packageVersion(), ...versions };
  const folder = dirname(out);
  writeFileSync(join(folder, 'comparison.json'), `${JSON.stringify({ versions: names, rows }, null, 1)}\n`);
  writeFileSync(join(folder, 'comparison.md'), comparisonMarkdown(rows, names, [...skipped]));
  process.stdout.write(
    `${comparisonMarkdown(rows, names, [...skipped])}\nwritten: ${join(folder, 'comparison.{md,json}')}\n`,
  );
}

async function measure(problem: Problem, name: string, seed: number): Promise<void> {
  const own = samplerNames.includes(name);
  const refused = own ? null : refusal(name, problem);
  if (refused !== null) {
    skipped.add(`${name} on ${problem.name} (${refused})`);
    return;
  }
  if (!own && python === null) throw new Error(`${name} needs --python FOLDER`);
  const peer = own ? null : peerProposer(python!, name);
  const sampler = { name, propose: peer?.propose ?? createSampler(name) };
  const run = await runProblem(problem, sampler, seed, budget, () => performance.now());
  peer?.stop();
  appendFileSync(out, `${JSON.stringify(shorten(run))}\n`);
  process.stderr.write(`${problem.name} ${name} seed ${seed}: ${figureAt(problem, run, budget).toFixed(4)}\n`);
}

/** An interpreter as it is, or that of an environment in this folder. */
function interpreter(place: string): string {
  return existsSync(place) && statSync(place).isFile() ? place : environmentWithPeers(place);
}

function selectProblems(list: string): readonly Problem[] {
  if (list === 'all') return PROBLEMS;
  if (list === 'listed' || list === 'further') return PROBLEMS.filter(({ listed }) => listed === (list === 'listed'));
  const names = list.split(',');
  const unknown = names.filter((name) => PROBLEMS.every((problem) => problem.name !== name));
  if (unknown.length > 0)
    throw new RangeError(
      `unknown problem ${unknown.join(', ')}; known: ${PROBLEMS.map(({ name }) => name).join(', ')}`,
    );
  return PROBLEMS.filter(({ name }) => names.includes(name));
}

function parseSeeds(text: string): number[] {
  const [first, last] = text.split('-').map(Number);
  return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i);
}

function shorten(run: ProblemRun): ProblemRun {
  const short = (value: number): number => Number(value.toPrecision(9));
  return {
    ...run,
    trace: run.trace.map((value) => (value === null ? null : short(value))),
    seconds: run.seconds.map((value) => Number(value.toPrecision(3))),
  };
}

function readRuns(file: string): ProblemRun[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ProblemRun);
}
