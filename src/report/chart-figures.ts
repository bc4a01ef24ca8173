import type { LatencyFigure } from './chart/latency-quantiles.ts';
import type { SeedDot, SeedInterval } from './chart/seed-dots.ts';
import { groupOf, rounded } from './chart/trial-rows.ts';
import type { Estimate, StudyReport } from './study-report.ts';

/** The baseline and the points to choose from, with the words that charts name them by. */
export function namedPoints({
  baseline,
  decision,
  trials,
}: StudyReport): readonly { readonly name: string; readonly trial: number }[] {
  const { recommended, alternatives } = decision;
  const chosen = recommended === null ? [] : [recommended, ...alternatives];
  return [
    ...(baseline === null || trials[baseline]?.status !== 'observed' ? [] : [{ name: 'baseline', trial: baseline }]),
    ...chosen.filter((number) => number !== baseline).map((trial) => ({ name: `trial ${trial}`, trial })),
  ];
}

const LATENCY = /^(ttft|tpot|itl|e2e)_(mean|p50|p90|p95|p99)_ms(?:\[(.+)\])?$/;

/** Every recorded figure of a latency distribution at the named points. */
export function latencyFigures(report: StudyReport): {
  readonly points: readonly string[];
  readonly figures: readonly LatencyFigure[];
} {
  const points = namedPoints(report);
  const figures = report.metrics.flatMap(({ name }) => {
    const [, kind, stat, group] = LATENCY.exec(name) ?? [];
    if (kind === undefined || stat === undefined) return [];
    const panel = `${kind.toUpperCase()}${group === undefined ? '' : `, ${group}`}`;
    return points.flatMap(({ name: point, trial }): LatencyFigure[] => {
      const value = report.trials[trial]!.metrics[name]?.mean;
      return value === undefined || !Number.isFinite(value) ? [] : [{ point, panel, stat, value: rounded(value) }];
    });
  });
  const several = new Set(
    figures
      .filter((one, i) => figures.some((other, j) => j !== i && other.panel === one.panel && other.stat !== one.stat))
      .map(({ panel }) => panel),
  );
  return { points: points.map(({ name }) => name), figures: figures.filter(({ panel }) => several.has(panel)) };
}

/** What each seed came to at the named points, on tuning and on fresh seeds. */
export interface SeedFigures {
  readonly points: readonly string[];
  readonly dots: readonly SeedDot[];
  readonly intervals: readonly SeedInterval[];
}

export function seedFigures(report: StudyReport): SeedFigures {
  const dots: SeedDot[] = [];
  const intervals: SeedInterval[] = [];
  const points = namedPoints(report);
  const add = (
    point: string,
    panel: string,
    seeds: SeedDot['seeds'],
    numbers: readonly number[],
    figure?: Estimate,
  ): void => {
    if (figure === undefined || figure.low === null || figure.high === null) return;
    figure.values.forEach((value, index) => {
      dots.push({ point, panel, seeds, seed: numbers[index] ?? index, value: rounded(value) });
    });
    intervals.push({ point, panel, seeds, low: rounded(figure.low), high: rounded(figure.high) });
  };
  const shown = [...new Set([...report.objectives, ...report.constraints.map(({ metric }) => metric)])];
  for (const panel of shown) {
    for (const { name, trial } of points) {
      const { metrics, fresh } = report.trials[trial]!;
      add(name, panel, 'tuning', report.seeds, metrics[panel]);
      add(name, panel, 'fresh', report.validationSeeds, fresh?.[panel]);
    }
  }
  return { points: points.map(({ name }) => name), dots, intervals };
}

/** One bar for each trial that has come to its end; those that came in one batch began with the same number of finished trials. */
export function timelineRows(report: StudyReport): readonly object[] {
  const ended = report.trials.filter(({ status }) => status !== 'pending');
  return ended.map((trial) => ({
    trial: trial.number,
    from: trial.seen,
    to: trial.number + 1,
    status: trial.status,
    origin: trial.origin,
    group: groupOf(report, trial),
  }));
}
