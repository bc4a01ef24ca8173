import { from } from 'arquero';
import type { KvschedBar } from '../../report/chart/kvsched-bars.ts';
import { type CdfPoint, cdfSteps, kvschedCdf } from '../../report/chart/kvsched-cdf.ts';
import { BYTES_PER_GIB, barFigure, type Figure, pooled } from './figures.ts';
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
      ...(['prefill', 'decode'] as const).flatMap((stage) => distribution(experiment, rows, stage)),
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
  const rows = runs.map((run) => ({ scenario: panel(run), scheduler: run.scheduler, value: value(run) }));
  const table = from(rows)
    .groupby('scenario', 'scheduler')
    .rollup({ value: 'd => op.sum(d.value) / op.count()' })
    .objects() as Omit<KvschedBar, 'ablation'>[];
  return table.map((bar) => ({ ...bar, ablation: 'mean' }));
}

function distribution(experiment: string, runs: readonly SuiteFigures[], stage: 'prefill' | 'decode'): Figure[] {
  const kept = runs.flatMap((run) => {
    const samples = readSamples(run.summaryPath);
    return samples === null ? [] : [{ run, samples: samples[stage] }];
  });
  if (kept.length === 0) return [];
  const keyOf = ({ run }: (typeof kept)[number]): string => JSON.stringify([run.scheduler, run.sweep]);
  const points = [...new Set(kept.map(keyOf))].flatMap((key): CdfPoint[] => {
    const group = kept.filter((one) => keyOf(one) === key);
    const { scheduler, sweep } = group[0]!.run;
    const all = pooled(group.map(({ samples }) => samples));
    return cdfSteps(all).map(([latencyMs, share]) => ({ scheduler, ablation: sweep, latencyMs, share }));
  });
  const name = `${pathPart(experiment)}_cdf_${stage}`;
  return [
    { name, spec: kvschedCdf(points, experiment, stage), table: points.map((point) => ({ ...point })), aliases: [] },
  ];
}
