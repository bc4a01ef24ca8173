import yardsticks from './yardsticks.json' with { type: 'json' };

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface SamplerSummary {
  readonly seeds: number;
  readonly at30: Spread;
  readonly at60: Spread;
  /** Study seeds that miss the bar, where there is one. */
  readonly missing?: number;
  /** Median seconds of one proposal after 50 evaluations. */
  readonly secondsPerSuggestion: number;
}

interface Named {
  readonly name: string;
  readonly median: number;
}

export interface ProblemSummary {
  readonly problem: string;
  readonly kind: 'regret' | 'hypervolume';
  readonly samplers: Readonly<Record<string, SamplerSummary>>;
  readonly bestPeer: { readonly at30: Named | null; readonly at60: Named | null };
}

type Earlier = { readonly median: number; readonly low?: number; readonly high?: number };
const EARLIER: Readonly<Record<string, Earlier>> = yardsticks.earlier.at60;
/** What the project set itself for a problem, after so many evaluations. */
export function barOf(problem: string): { readonly value: number; readonly after: 30 | 60 } | null {
  const [early, late]: Readonly<Record<string, number>>[] = [yardsticks.barsAt30, yardsticks.bars];
  if (early![problem] !== undefined) return { value: early![problem], after: 30 };
  return late![problem] === undefined ? null : { value: late![problem], after: 60 };
}

/** Study seeds below which a median is no verdict. */
const FEWEST_SEEDS = 5;

/** All problems in one table, and those where something better is known by name. */
export function resultsPage(results: readonly ProblemSummary[]): string {
  const shown = results.filter(({ samplers }) => samplers['gp'] !== undefined);
  const judged = shown.filter(({ samplers }) => samplers['gp']!.seeds >= FEWEST_SEEDS);
  const open = shown.filter((result) => !judged.includes(result)).map(({ problem }) => problem);
  const misses = judged.flatMap((result) => shortfalls(result).map((text) => `- **${result.problem}**: ${text}`));
  const verdict = [
    ...misses,
    ...(misses.length === 0 && judged.length > 0 ? ['Every judged problem is at what is known, or better.'] : []),
    ...(open.length > 0 ? [`Not judged, with fewer than ${FEWEST_SEEDS} study seeds so far: ${open.join(', ')}.`] : []),
  ].join('\n');
  return `# Optimizer on test problems

Sampler \`gp\` beside random points and Sobol points after 30 and 60 evaluations: median [quartiles] over study seeds.
Single objective: log10 of the regret, lower is better. Several: share of the maximal hypervolume, higher is better. Figures are of
the losses without noise. Peers were measured on 2026-11-20 with default settings (\`test/bench/optimizers/peers.json\`,
\`yardsticks.json\`); 0.1 is the sampler of version 0.1.0. A bar is what the project set itself for a problem, after 60 evaluations
where it says no other number (30 of 60 then), with how many of the seeds miss it. What is done
beside a pile of slacks and while nothing is feasible was tuned on study seeds 50 to 59, not on those of this table.

    node --import tsx test/bench/optimizers/run.ts --samplers gp,random,sobol --problems all --seeds 0-9
    node --import tsx test/bench/optimizers/report.ts

| problem | seeds | gp at 30 | gp at 60 | random at 60 | Sobol at 60 | best peer at 60 | 0.1 at 60 | bar |
|---|---|---|---|---|---|---|---|---|
${shown.map(row).join('\n')}

## Not reached

${verdict}

![After 60 evaluations](at-60.svg)
![Convergence](convergence.svg)
`;
}

function row({ problem, kind, samplers, bestPeer }: ProblemSummary): string {
  const digits = kind === 'regret' ? 2 : 3;
  const number = (value: number): string => value.toFixed(digits);
  const cell = (spread: Spread | undefined): string =>
    spread === undefined ? '–' : `${number(spread.median)} [${number(spread.low)}, ${number(spread.high)}]`;
  const gp = samplers['gp']!;
  const peer = bestPeer.at60 === null ? '–' : `${number(bestPeer.at60.median)} ${bestPeer.at60.name}`;
  const earlier = EARLIER[problem] === undefined ? '–' : number(EARLIER[problem].median);
  const goal = barOf(problem);
  const bar =
    goal === null
      ? '–'
      : `${goal.value}${goal.after === 60 ? '' : ` at ${goal.after}`}, ${gp.missing ?? '?'} of ${gp.seeds} miss it`;
  return `| ${problem} | ${gp.seeds} | ${cell(gp.at30)} | ${cell(gp.at60)} | ${cell(samplers['random']?.at60)} | ${cell(samplers['sobol']?.at60)} | ${peer} | ${earlier} | ${bar} |`;
}

/** What is known to be better, in words; worse than version 0.1 only by more than the quartiles differ. */
function shortfalls({ problem, kind, samplers, bestPeer }: ProblemSummary): string[] {
  const { at30, at60, missing, seeds } = samplers['gp']!;
  const short = (goal: number, { median }: Spread = at60): boolean =>
    kind === 'regret' ? median > goal : median < goal;
  const found: string[] = [];
  const bar = barOf(problem);
  if (bar !== null) {
    const reached = bar.after === 30 ? at30 : at60;
    if (short(bar.value, reached)) found.push(`${reached.median} against the bar of ${bar.value} after ${bar.after}`);
    else if (bar.after === 30 && missing! > 0)
      found.push(`${missing} of ${seeds} study seeds miss the bar of ${bar.value} after 30, which is for each of them`);
  }
  const peer = bestPeer.at60;
  if (peer !== null && short(peer.median)) found.push(`${at60.median} against ${peer.median} of ${peer.name}`);
  const earlier = EARLIER[problem];
  const range = Math.max(at60.high - at60.low, (earlier?.high ?? 0) - (earlier?.low ?? 0));
  if (earlier !== undefined && short(earlier.median) && Math.abs(earlier.median - at60.median) > range)
    found.push(`${at60.median} against ${earlier.median} of version 0.1`);
  return found;
}
