/**
 * Summarises the runs of `run.ts` beside the figures of other programs: a page, `results.json` and charts.
 * `node --import tsx test/bench/optimizers/report.ts --runs FILE --out DIR`
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { quantile } from '../../../src/numeric/statistics.ts';
import { type ChartSpec, renderSvg } from '../../../src/report/chart/render.ts';
import peers from './peers.json' with { type: 'json' };
import { PROBLEMS, type Problem } from './problems.ts';
import { barOf, resultsPage, type SamplerSummary, type Spread } from './results-page.ts';
import { figureAt, type ProblemRun } from './run-problem.ts';
import yardsticks from './yardsticks.json' with { type: 'json' };

type PeerTable = Readonly<Record<string, Readonly<Record<string, SamplerSummary>>>>;

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: 'reports/optimizers/runs.jsonl' },
    out: { type: 'string', default: 'reports/optimizers' },
  },
});

const runs = readFileSync(flags.runs, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as ProblemRun);
const peerTable = peers.problems as PeerTable;
const measured = PROBLEMS.filter(({ name }) => runs.some(({ problem }) => problem === name));
const results = measured.map((problem) => summarizeProblem(problem));
mkdirSync(flags.out, { recursive: true });
writeFileSync(
  join(flags.out, 'results.json'),
  `${JSON.stringify({ peersMeasured: peers.measured, problems: results }, null, 1)}\n`,
);
writeFileSync(join(flags.out, 'at-60.svg'), await renderSvg(comparisonChart()));
writeFileSync(join(flags.out, 'convergence.svg'), await renderSvg(convergenceChart()));
const page = resultsPage(results);
writeFileSync(join(flags.out, 'README.md'), page);
process.stdout.write(page);

function summarizeProblem(problem: Problem) {
  const own = runs.filter((run) => run.problem === problem.name);
  const names = [...new Set(own.map(({ sampler }) => sampler))];
  const samplers = Object.fromEntries(
    names.map((name) => [
      name,
      summarize(
        problem,
        own.filter((run) => run.sampler === name),
      ),
    ]),
  );
  const others = peerTable[problem.name] ?? {};
  return {
    problem: problem.name,
    kind: problem.target.kind,
    listed: problem.listed,
    samplers,
    bestPeer: bestPeer(problem, others),
  };
}

function summarize(problem: Problem, own: readonly ProblemRun[]): SamplerSummary {
  const at = (count: number): Spread => spread(own.map((run) => figureAt(problem, run, count)));
  const late = own.flatMap((run) => run.seconds.slice(50));
  const bar = barOf(problem.name);
  const misses = (run: ProblemRun): boolean => {
    const figure = figureAt(problem, run, bar!.after);
    return problem.target.kind === 'regret' ? figure > bar!.value : figure < bar!.value;
  };
  return {
    seeds: own.length,
    at30: at(30),
    at60: at(60),
    ...(bar === null ? {} : { missing: own.filter(misses).length }),
    secondsPerSuggestion: Number(quantile(late, 0.5).toPrecision(3)),
  };
}

function spread(values: readonly number[]): Spread {
  const finite = values.map((value) => (Number.isFinite(value) ? value : 9));
  const at = (p: number): number => Number(quantile(finite, p).toFixed(4));
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

function bestPeer({ name, target }: Problem, others: Readonly<Record<string, SamplerSummary>>) {
  const better = (a: number, b: number): boolean => (target.kind === 'regret' ? a < b : a > b);
  const best = (key: 'at30' | 'at60') =>
    Object.entries(others).reduce<{ readonly name: string; readonly median: number } | null>(
      (found, [name, summary]) =>
        found === null || better(summary[key].median, found.median) ? { name, median: summary[key].median } : found,
      null,
    );
  const named = (yardsticks.peers as Readonly<Record<string, { readonly name: string; readonly median: number }>>)[
    name
  ];
  return { at30: best('at30'), at60: best('at60') ?? named ?? null };
}

/** Regret as it is; hypervolume as the share missed, on a log scale: both smaller is better. */
function shown({ target }: Problem, value: number): number {
  return target.kind === 'regret' ? value : Math.log10(Math.max(1e-6, 1 - value));
}

function comparisonChart(): ChartSpec {
  const rows = measured.flatMap((problem) => {
    const own = results.find((result) => result.problem === problem.name)!.samplers;
    const all: [string, SamplerSummary][] = [
      ...Object.entries(own).map(([name, summary]): [string, SamplerSummary] => [`paretune ${name}`, summary]),
      ...Object.entries(peerTable[problem.name] ?? {}).filter(([name]) => name !== 'sobol'),
    ];
    return all.map(([name, { at60 }]) => {
      const ends = [shown(problem, at60.low), shown(problem, at60.high)].sort((a, b) => a - b);
      return { problem: problem.name, name, median: shown(problem, at60.median), low: ends[0]!, high: ends[1]! };
    });
  });
  return {
    data: { values: rows },
    facet: { field: 'problem', type: 'nominal', title: null, sort: null },
    columns: 3,
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 220,
      height: { step: 15 },
      encoding: { y: { field: 'name', type: 'nominal', title: null, sort: { field: 'median' } } },
      layer: [
        {
          mark: { type: 'rule', opacity: 0.6 },
          encoding: {
            x: {
              field: 'low',
              type: 'quantitative',
              title: 'log10 regret or log10 missed share',
              scale: { zero: false },
            },
            x2: { field: 'high' },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 50 },
          encoding: {
            x: { field: 'median', type: 'quantitative', scale: { zero: false } },
            color: { condition: { test: "datum.name == 'paretune gp'", value: '#c0392b' }, value: '#4c78a8' },
          },
        },
      ],
    },
    title: 'After 60 evaluations: median and quartiles, smaller is better',
  };
}

function convergenceChart(): ChartSpec {
  const rows = measured.flatMap((problem) =>
    [...new Set(runs.filter((run) => run.problem === problem.name).map(({ sampler }) => sampler))].flatMap(
      (sampler) => {
        const own = runs.filter((run) => run.problem === problem.name && run.sampler === sampler);
        return Array.from({ length: 12 }, (_, k) => 5 * (k + 1)).map((count) => {
          const figures = own.map((run) => figureAt(problem, run, count)).filter(Number.isFinite);
          if (figures.length < own.length / 2) return null;
          const at = (p: number): number => shown(problem, quantile(figures, p));
          return { problem: problem.name, sampler, count, median: at(0.5), low: at(0.25), high: at(0.75) };
        });
      },
    ),
  );
  return {
    data: { values: rows.filter((row) => row !== null) },
    facet: { field: 'problem', type: 'nominal', title: null, sort: null },
    columns: 3,
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 220,
      height: 140,
      encoding: {
        x: { field: 'count', type: 'quantitative', title: 'evaluations' },
        color: { field: 'sampler', type: 'nominal', title: null },
      },
      layer: [
        {
          mark: { type: 'area', opacity: 0.2 },
          encoding: {
            y: { field: 'low', type: 'quantitative', title: null, scale: { zero: false } },
            y2: { field: 'high' },
          },
        },
        { mark: { type: 'line' }, encoding: { y: { field: 'median', type: 'quantitative', scale: { zero: false } } } },
      ],
    },
    title: 'log10 regret, or log10 of the share of hypervolume missed: median and quartiles',
  };
}
