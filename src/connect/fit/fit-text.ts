import type { FittedWorkload } from './fit-workload.ts';
import type { MarginalDistance, TraceDistance } from './trace-distance.ts';

/** A fit and how far it is from its trace, as lines for people. */
export function fitText({ clients, notes }: FittedWorkload, distance: TraceDistance): readonly string[] {
  const { sharedByTrace, sharedByFit } = distance;
  return [
    ...clients.map((line) => `fitted ${line}`),
    ...table(distance.marginals),
    `prompt tokens that repeat earlier ones: ${percent(sharedByTrace)} in the trace, ${percent(sharedByFit)} in the fit`,
    ...notes.map((note) => `note: ${note}`),
  ];
}

function table(marginals: readonly MarginalDistance[]): readonly string[] {
  const head = ['distance to the trace', 'trace mean', 'fit mean', 'KS', 'Wasserstein / mean'];
  const body = marginals.map(({ name, unit, traceMean, fitMean, ks, wasserstein }) => [
    `${name} (${unit})`,
    short(traceMean),
    short(fitMean),
    ks.toFixed(3),
    wasserstein.toFixed(3),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]!.length)));
  return [head, ...body].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
}

/** The same for programs. */
export function fitJson({ clients, notes }: FittedWorkload, distance: TraceDistance) {
  return {
    clients,
    notes,
    distance: {
      marginals: distance.marginals.map(({ name, unit, traceMean, fitMean, ks, wasserstein }) => ({
        name,
        unit,
        trace_mean: traceMean,
        fit_mean: fitMean,
        ks,
        wasserstein_relative: wasserstein,
      })),
      shared_prompt_tokens: { trace: distance.sharedByTrace, fit: distance.sharedByFit },
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
