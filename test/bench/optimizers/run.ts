/**
 * Runs our samplers on the test problems and appends one JSON line per run; runs already in the file are skipped.
 * `node --import tsx test/bench/optimizers/run.ts --samplers gp,random,sobol --problems listed --seeds 0-9 --out FILE`
 * Other programs, named in peers.py, run beside ours with `--samplers gp,optuna-gp,botorch --python VENV/bin/python`, after
 * `python3 -m venv VENV && VENV/bin/pip install optuna botorch`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createSampler, samplerNames } from '../../../src/optimizer/sampler/registry.ts';
import { peerProposer } from './peer-process.ts';
import { PROBLEMS, type Problem } from './problems.ts';
import { figureAt, type ProblemRun, runProblem } from './run-problem.ts';

const { values: flags } = parseArgs({
  options: {
    samplers: { type: 'string', default: 'gp' },
    problems: { type: 'string', default: 'listed' },
    seeds: { type: 'string', default: '0-9' },
    budget: { type: 'string', default: '60' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string', default: 'reports/optimizers/runs.jsonl' },
  },
});

const budget = Number(flags.budget);
const done = new Set(readRuns(flags.out).map(({ problem, sampler, seed }) => `${problem}/${sampler}/${seed}`));
for (const seed of parseSeeds(flags.seeds))
  for (const problem of selectProblems(flags.problems))
    for (const name of flags.samplers.split(',')) {
      if (done.has(`${problem.name}/${name}/${seed}`)) continue;
      const peer = samplerNames.includes(name) ? null : peerProposer(flags.python, name);
      const sampler = { name, propose: peer?.propose ?? createSampler(name) };
      const run = await runProblem(problem, sampler, seed, budget, () => performance.now());
      peer?.stop();
      appendFileSync(flags.out, `${JSON.stringify(shorten(run))}\n`);
      process.stderr.write(`${problem.name} ${name} seed ${seed}: ${figureAt(problem, run, budget).toFixed(4)}\n`);
    }

function selectProblems(list: string): readonly Problem[] {
  if (list === 'all') return PROBLEMS;
  if (list === 'listed' || list === 'further') return PROBLEMS.filter(({ listed }) => listed === (list === 'listed'));
  const names = list.split(',');
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
