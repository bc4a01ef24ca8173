import { distribution, rankPlot, timeline } from './chart/distribution.ts';
import { historyLine } from './chart/history-line.ts';
import { latencyQuantiles } from './chart/latency-quantiles.ts';
import { objectiveHistory } from './chart/objective-history.ts';
import { parallelCoordinates, parallelRows } from './chart/parallel-coordinates.ts';
import { paretoMatrix } from './chart/pareto-matrix.ts';
import { predictedMeasured } from './chart/predicted-measured.ts';
import type { ChartSpec } from './chart/render.ts';
import { seedDots } from './chart/seed-dots.ts';
import { sensitivityBars } from './chart/sensitivity-bars.ts';
import { surrogateContour } from './chart/surrogate-contour.ts';
import { surrogateSlices } from './chart/surrogate-slices.ts';
import { type TrialRows, trialRows } from './chart/trial-rows.ts';
import { latencyFigures, type SeedFigures, seedFigures, timelineRows } from './chart-figures.ts';
import { formatNumber } from './format.ts';
import type { StudyReport } from './study-report.ts';
import type { SurrogateViews } from './surrogate-views.ts';

/** Where on the page a chart stands. */
export type ChartPlace = 'front' | 'latency' | 'seeds' | 'history' | 'sensitivity' | 'surrogate' | 'trials';

export interface PageChart {
  readonly id: string;
  readonly place: ChartPlace;
  /** What it shows, for readers who do not see it. */
  readonly label: string;
  readonly caption: string;
  readonly spec: ChartSpec;
}

/** Charts of a page, and the data sets that several of them share. */
export interface PageCharts {
  readonly charts: readonly PageChart[];
  readonly datasets: Readonly<Record<string, readonly object[]>>;
}

export function pageCharts(report: StudyReport): PageCharts {
  const rows = trialRows(report);
  const history = report.hypervolume.values.map((value, index) => ({ trials: index + 1, value }));
  const seeds = seedFigures(report);
  const charts = rows.rows.length === 0 ? [] : [...trialCharts(report, rows, seeds), ...modelCharts(report, rows)];
  const datasets = {
    trials: rows.rows,
    history,
    ...parallelRows(rows),
    seeds: seeds.dots,
    intervals: seeds.intervals,
    timeline: timelineRows(report),
  };
  return { charts, datasets };
}

function trialCharts(report: StudyReport, rows: TrialRows, seeds: SeedFigures): readonly PageChart[] {
  const better = report.objectives.map((name) => report.metrics.find((metric) => metric.name === name)!.better);
  const latency = latencyFigures(report);
  const panels = [...new Set(seeds.dots.map(({ panel }) => panel))];
  return [
    ...frontCharts(report, rows),
    ...(latency.figures.length === 0
      ? []
      : [chart('latency', 'latency', 'Latency distributions', latencyQuantiles(latency.figures, latency.points))]),
    ...(panels.length === 0 ? [] : [chart('seeds', 'seeds', 'Seeds and intervals', seedDots(panels, seeds.points))]),
    {
      ...chart('hypervolume', 'history', 'Hypervolume after each trial', historyLine('share of the box dominated')),
      caption: hypervolumeCaption(report),
    },
    chart('objectives', 'history', 'Objectives over the trials', objectiveHistory(rows, better)),
    chart('timeline', 'history', 'Timeline of trials', timeline(report.trials.length)),
    chart('distribution', 'trials', 'Distribution of objectives', distribution(rows)),
    ...optional('rank', 'trials', 'Ranks over two parameters', rankPlot(rows, better)),
  ];
}

function frontCharts({ seeds }: StudyReport, rows: TrialRows): readonly PageChart[] {
  const parallel = optional('parallel', 'front', 'Parallel coordinates', parallelCoordinates(rows));
  if (rows.objectives.length < 2) return parallel;
  const pareto = chart('pareto', 'front', 'Objectives against each other', paretoMatrix(rows));
  const intervals = seeds.length > 1 ? ' Thin lines are 95 % intervals over the seeds.' : '';
  return [{ ...pareto, caption: `${pareto.caption}${intervals}` }, ...parallel];
}

function modelCharts({ sensitivity, surrogate }: StudyReport, rows: TrialRows): readonly PageChart[] {
  return [
    ...sensitivity.map(({ metric, rows: indices }, index) =>
      chart(`sensitivity${index}`, 'sensitivity', `What ${metric} depends on`, sensitivityBars(indices, metric)),
    ),
    ...(surrogate === null ? [] : surrogateCharts(surrogate, rows)),
  ];
}

/** Slices and contours say which trial they pass through. */
function surrogateCharts({ through, objectives }: SurrogateViews, rows: TrialRows): readonly PageChart[] {
  const slices = `Along each parameter through trial ${through}, as the model believes: mean and 95 % band. Points are trials, which differ in other parameters too.`;
  const contour = `Over the two numbers that matter most, through trial ${through}, and how unsure the model is.`;
  return objectives.flatMap((view, index) => [
    {
      ...chart(`slices${index}`, 'surrogate', `Slices of ${view.metric}`, surrogateSlices(view, rows)),
      caption: slices,
    },
    ...optional(`contour${index}`, 'surrogate', `Contour of ${view.metric}`, surrogateContour(view)).map((one) => ({
      ...one,
      caption: contour,
    })),
    chart(`predicted${index}`, 'surrogate', `Predicted and measured ${view.metric}`, predictedMeasured(view)),
  ]);
}

/** What a reader needs to know of each kind of chart. */
const CAPTIONS: Readonly<Record<string, string>> = {
  pareto:
    'Each mark is one parameter vector. Drag to mark points: they are marked in every chart and table. Click one for its figures. Poor points far from the front are outside the frame.',
  parallel: 'Parameters and objectives of every trial; each axis runs from the smallest to the largest value seen.',
  latency:
    'Recorded figures of the latency of requests, by class where the study has them, mean over the tuning seeds.',
  seeds: 'One dot a seed, on tuning and fresh seeds; lines are 95 % intervals of the mean.',
  objectives: 'Each trial, and the best feasible value so far.',
  timeline:
    'From how many trials were finished when one was proposed to when it was finished itself: bars side by side ran at the same time.',
  distribution: 'Share of the trials with at most this value.',
  rank: 'Trials by rank of the objective (1 = best) over the first two parameters.',
  sensitivity: 'Share of the variance that a parameter explains, alone and in total; lines are 95 % intervals.',
  predicted:
    'Each trial predicted from all others, with 95 % intervals: near the dashed line the model can be trusted.',
};

function chart(id: string, place: ChartPlace, label: string, spec: ChartSpec): PageChart {
  return { id, place, label, caption: CAPTIONS[id.replace(/\d+$/, '')] ?? '', spec };
}

function optional(...[id, place, label, spec]: [string, ChartPlace, string, ChartSpec | null]): readonly PageChart[] {
  return spec === null ? [] : [chart(id, place, label, spec)];
}

function hypervolumeCaption({ hypervolume: { ideal, reference }, objectives }: StudyReport): string {
  const point = (figures: readonly number[]): string =>
    objectives.map((name, m) => `${name} ${formatNumber(figures[m]!)}`).join(', ');
  return `Share of the box from the best values (${point(ideal)}) to the reference point (${point(reference)}), which lies a tenth behind the worst of front and baseline.`;
}
