import { historyLine } from './chart/history-line.ts';
import { type ParallelAxis, type ParallelLine, parallelCoordinates } from './chart/parallel-coordinates.ts';
import { parameterTrends } from './chart/parameter-trends.ts';
import { beyondFrame, paretoScatter, type ScatterPoint } from './chart/pareto-scatter.ts';
import { renderSvg } from './chart/render.ts';
import { sensitivityBars } from './chart/sensitivity-bars.ts';
import { formatNumber } from './page/format.ts';
import type { Figure, ReportFigures } from './page/sections.ts';
import type { ObjectiveSensitivity, ReportTrial, StudyReport } from './study-report.ts';
import { trendPanels } from './trend-panels.ts';

/** Renders every chart of a report. */
export async function renderFigures(report: StudyReport): Promise<ReportFigures> {
  return {
    pareto: await paretoFigures(report),
    history: report.hypervolume.values.length < 2 ? null : await historyFigure(report),
    sensitivity: (
      await Promise.all(report.sensitivity.map((objective) => sensitivityFigures(report, objective)))
    ).flat(),
    parallel: await parallelFigure(report),
  };
}

async function sensitivityFigures(report: StudyReport, { metric, rows }: ObjectiveSensitivity): Promise<Figure[]> {
  const bars = {
    svg: await renderSvg(sensitivityBars(rows, metric)),
    caption: `What ${metric} depends on; black lines are 95 % intervals.`,
  };
  const panels = trendPanels(report, metric, rows);
  if (panels.length === 0) return [bars];
  const caption = `${metric} of the observed trials over the parameters with the strongest trends; lines are least-squares lines or parabolas, R² the share of variance they explain.`;
  return [bars, { svg: await renderSvg(parameterTrends(panels, metric)), caption }];
}

const MAX_PAIRS = 6;

async function paretoFigures(report: StudyReport): Promise<Figure[]> {
  const pairs: [string, string][] = [];
  for (const [i, x] of report.objectives.entries()) for (const y of report.objectives.slice(i + 1)) pairs.push([x, y]);
  return await Promise.all(
    pairs.slice(0, MAX_PAIRS).map(async ([x, y]): Promise<Figure> => {
      const points = scatterPoints(report, x, y);
      const left = beyondFrame(points);
      const intervals = report.seeds.length > 1 ? '; lines are 95 % intervals' : '';
      const beyond = left === 0 ? '' : ` ${left} poor point${left === 1 ? '' : 's'} beyond the frame.`;
      return {
        svg: await renderSvg(paretoScatter(points, axisOf(report, x), axisOf(report, y))),
        caption: `Each point is one parameter vector, mean over ${report.seeds.length} seeds${intervals}.${beyond}`,
      };
    }),
  );
}

function axisOf(report: StudyReport, name: string): { title: string } {
  const metric = report.metrics.find((candidate) => candidate.name === name)!;
  return { title: `${name}${metric.unit === '1' ? '' : ` (${metric.unit})`}, ${metric.better} is better` };
}

function scatterPoints(report: StudyReport, x: string, y: string): ScatterPoint[] {
  return report.trials.flatMap((trial): ScatterPoint[] => {
    const a = trial.metrics[x];
    const b = trial.metrics[y];
    if (a === undefined || b === undefined) return [];
    return [
      {
        trial: trial.number,
        x: a.mean,
        y: b.mean,
        xLow: a.low ?? a.mean,
        xHigh: a.high ?? a.mean,
        yLow: b.low ?? b.mean,
        yHigh: b.high ?? b.mean,
        group: groupOf(report, trial),
        label: `${trial.number} (${trial.origin})`,
      },
    ];
  });
}

function groupOf(report: StudyReport, trial: ReportTrial): ScatterPoint['group'] {
  if (trial.number === report.baseline) return 'baseline';
  if (trial.onFront) return 'front';
  return trial.feasible ? 'dominated' : 'infeasible';
}

async function historyFigure(report: StudyReport): Promise<Figure> {
  const { ideal, reference, values } = report.hypervolume;
  const point = (figures: readonly number[]): string =>
    report.objectives.map((name, m) => `${name} ${formatNumber(figures[m]!)}`).join(', ');
  return {
    svg: await renderSvg(historyLine(values, 'share of the box dominated')),
    caption: `Hypervolume after each trial, as a share of the box from the best values (${point(ideal)}) to the reference point (${point(reference)}), which lies a tenth behind the worst of front and baseline.`,
  };
}

async function parallelFigure(report: StudyReport): Promise<Figure | null> {
  const observed = report.trials.filter(({ status }) => status === 'observed');
  const names = [...report.parameters.map(({ column }) => column), ...report.objectives];
  const read = (trial: ReportTrial, name: string): number | null => {
    const value = trial.parameters[name] ?? trial.metrics[name]?.mean;
    return typeof value === 'number' ? value : null;
  };
  const axes: ParallelAxis[] = names.flatMap((name) => {
    const values = observed.map((trial) => read(trial, name)).filter((value) => value !== null);
    return values.length === 0 ? [] : [{ name, low: Math.min(...values), high: Math.max(...values) }];
  });
  if (axes.length < 2 || observed.length < 2) return null;
  const order = ['dominated', 'front', 'baseline'];
  const lines: ParallelLine[] = observed
    .map((trial): ParallelLine => {
      const group = groupOf(report, trial);
      return {
        trial: trial.number,
        group: group === 'infeasible' ? 'dominated' : group,
        values: axes.map(({ name }) => read(trial, name)),
      };
    })
    .sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  return {
    svg: await renderSvg(parallelCoordinates(axes, lines)),
    caption: 'Parameters and objectives of every trial; each axis runs from the smallest to the largest value seen.',
  };
}
