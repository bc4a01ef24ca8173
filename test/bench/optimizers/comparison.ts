import { meanAndVariance, quantile } from '../../../src/numeric/statistics.ts';
import type { Problem } from './problems.ts';
import { figureAt, type ProblemRun } from './run-problem.ts';

/** What one sampler came to on one problem, over seeds. */
export interface ComparisonRow {
  readonly problem: string;
  readonly figure: 'log10 regret' | 'share of the hypervolume';
  readonly sampler: string;
  readonly seeds: number;
  readonly evaluations: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Mean seconds of one proposal of the second half of a run, by the clock. */
  readonly secondsPerProposal: number;
}

/** Rows by problem, best sampler first; seeds that not every sampler of the problem has run are left out. */
export function comparisonRows(problems: readonly Problem[], runs: readonly ProblemRun[]): readonly ComparisonRow[] {
  return problems.flatMap((problem) => {
    const own = runs.filter((run) => run.problem === problem.name);
    const samplers = [...new Set(own.map(({ sampler }) => sampler))];
    const shared = [...new Set(own.map(({ seed }) => seed))].filter((seed) =>
      samplers.every((sampler) => own.some((run) => run.sampler === sampler && run.seed === seed)),
    );
    const isRegret = problem.target.kind === 'regret';
    return samplers
      .map((sampler) =>
        row(
          problem,
          own.filter((run) => run.sampler === sampler && shared.includes(run.seed)),
        ),
      )
      .filter((one) => one !== null)
      .sort((a, b) => (isRegret ? a.median - b.median : b.median - a.median));
  });
}

function row(problem: Problem, runs: readonly ProblemRun[]): ComparisonRow | null {
  if (runs.length === 0) return null;
  const evaluations = Math.min(...runs.map(({ trace }) => trace.length));
  const figures = runs.map((run) => figureAt(problem, run, evaluations)).map((value) => Math.min(value, 9));
  const at = (p: number): number => Number(quantile(figures, p).toFixed(4));
  const late = runs.flatMap(({ seconds }) => seconds.slice(Math.floor(evaluations / 2)));
  return {
    problem: problem.name,
    figure: problem.target.kind === 'regret' ? 'log10 regret' : 'share of the hypervolume',
    sampler: runs[0]!.sampler,
    seeds: runs.length,
    evaluations,
    median: at(0.5),
    low: at(0.25),
    high: at(0.75),
    secondsPerProposal: Number(meanAndVariance(late).mean.toPrecision(3)),
  };
}

export function comparisonMarkdown(
  rows: readonly ComparisonRow[],
  versions: Readonly<Record<string, string>>,
  skipped: readonly string[],
): string {
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = rows.map(
    ({ problem, figure, sampler, seeds, evaluations, median, low, high, secondsPerProposal }) =>
      `| ${problem} | ${figure} | ${sampler} | ${median} [${low}, ${high}] | ${evaluations} | ${seeds} | ${secondsPerProposal} |`,
  );
  return [
    '# Samplers beside other programs',
    '',
    `${made.join(', ')}. Median and quartiles over seeds, best first; of log10 regret less is better, of the hypervolume more.`,
    '',
    '| problem | figure | sampler | median [quartiles] | evaluations | seeds | seconds a proposal |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    ...(skipped.length === 0 ? [] : ['', `Not run: ${skipped.join('; ')}.`]),
    '',
  ].join('\n');
}
