import type { KvschedBar } from '../../report/chart/kvsched-bars.ts';
import { BYTES_PER_GIB, barFigure, cdfFigure, type Figure, meanBars } from './figures.ts';
import { pathPart } from './run-index.ts';
import { readSamples, type SuiteFigures } from './suite-index.ts';

const METRICS = [
  ['p99_total', 'P99 of the total latency', 'P99 (ms)', ({ p99TotalMs }: SuiteFigures) => p99TotalMs],
  ['p99_decode', 'P99 of the decode latency', 'P99 (ms)', ({ p99DecodeMs }: SuiteFigures) => p99DecodeMs],
  [
    ...(['migration_bytes', 'KV cache moved per run', 'moved (GiB)'] as const),
    ({ migrationBytes }: SuiteFigures) => migrationBytes / BYTES_PER_GIB,
  ],
] as const;

/**
 * Of each experiment: bars of P99 and of what was moved, distributions of the stages where the runs' summaries are
 * still there; and all experiments together. @param prefix - before each title
 */
export function suiteFigures(runs: readonly SuiteFigures[], prefix: string): readonly Figure[] {
  const experiments = [...new Set(runs.map(({ experiment }) => experiment))];
  const titled = (text: string): string => (prefix === '' ? text : `${prefix} ${text}`);
  const own = experiments.flatMap((experiment) => {
    const rows = runs.filter((run) => run.experiment === experiment);
    return [
      ...METRICS.map(([name, what, axis, value]) =>
        barFigure(
          `${pathPart(experiment)}_${name}`,
          means(rows, ({ sweep }) => sweep, value),
          {
            title: titled(`${experiment}: ${what}, mean over seeds`),
            axis,
            legend: null,
          },
        ),
      ),
      ...distributions(experiment, rows),
    ];
  });
  const all = METRICS.map(([name, what, axis, value]) =>
    barFigure(
      `summary_${name}`,
      means(runs, ({ experiment }) => experiment, value),
      {
        title: titled(`${what}, mean over sweeps and seeds`),
        axis,
      },
    ),
  );
  return [...own, ...all];
}

/** @param panel - what the panels are */
function means(
  runs: readonly SuiteFigures[],
  panel: (run: SuiteFigures) => string,
  value: (run: SuiteFigures) => number,
): readonly KvschedBar[] {
  return meanBars(
    runs.map((run) => ({ scenario: panel(run), scheduler: run.scheduler, ablation: 'mean', value: value(run) })),
  );
}

function distributions(experiment: string, runs: readonly SuiteFigures[]): readonly Figure[] {
  const kept = runs.flatMap((run) => {
    const samples = readSamples(run.summaryPath);
    return samples === null ? [] : [{ run, samples }];
  });
  if (kept.length === 0) return [];
  return (['prefill', 'decode'] as const).map((stage) =>
    cdfFigure(
      `${pathPart(experiment)}_cdf_${stage}`,
      { title: experiment, stage },
      kept.map(({ run, samples }) => ({ scheduler: run.scheduler, ablation: run.sweep, samples: samples[stage] })),
    ),
  );
}
