import type { SurrogateView } from '../surrogate-views.ts';
import { frameOf } from './pareto-matrix.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, IS_PICKED, PICKED_PARAM, VEGA_LITE_SCHEMA } from './theme.ts';
import { type ChartColumn, rounded, type TrialRows } from './trial-rows.ts';

const TITLE = { anchor: 'start', fontSize: 11, fontWeight: 'normal', color: 'currentColor' } as const;

/** The surrogate of an objective along each parameter: mean and 95 % band, with the trials behind it as points. */
export function surrogateSlices(
  { metric, slices }: SurrogateView,
  { objectives, parameters, rows }: TrialRows,
): ChartSpec {
  const own = objectives.find(({ name }) => name === metric)!;
  const means = slices.flatMap(({ points }) => points.map(({ mean }) => mean));
  const frame = frameOf(rows, own.key);
  const domain = [Math.min(frame[0], ...means), Math.max(frame[1], ...means)];
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    params: [PICKED_PARAM],
    columns: 3,
    concat: slices.map((slice) =>
      slicePanel(slice, { own, of: parameters.find(({ name }) => name === slice.column)!, domain }),
    ),
  };
}

/** @param axes - columns of the objective and of the parameter, and the ends of the objective's axis */
function slicePanel(
  { column, log, points }: SurrogateView['slices'][number],
  { own, of, domain }: { readonly own: ChartColumn; readonly of: ChartColumn; readonly domain: readonly number[] },
): object {
  const { key, numeric } = of;
  const values = points.map(({ at, mean, low, high }) => ({
    at: typeof at === 'number' ? rounded(at) : at,
    mean: rounded(mean),
    low: rounded(low),
    high: rounded(high),
  }));
  const x = numeric
    ? {
        type: 'quantitative',
        title: null,
        scale: log ? { type: 'log', nice: false } : { zero: false, nice: false },
        axis: { tickCount: 4 },
      }
    : { type: 'nominal', title: null, sort: points.map(({ at }) => at) };
  const y = {
    type: 'quantitative',
    title: own.name,
    scale: { domain, nice: false },
    axis: { tickCount: 4, titleLimit: 140 },
  };
  const at = { ...x, field: 'at' };
  const band = numeric
    ? { type: 'area', opacity: 0.2, color: COLOURS.front, clip: true }
    : { type: 'rule', color: COLOURS.front, clip: true };
  return {
    title: { text: column, ...TITLE },
    width: 190,
    height: 110,
    layer: [
      { data: { values }, mark: band, encoding: { x: at, y: { ...y, field: 'low' }, y2: { field: 'high' } } },
      {
        data: { values },
        mark: { type: numeric ? 'line' : 'point', color: COLOURS.front, tooltip: null, clip: true },
        encoding: { x: at, y: { ...y, field: 'mean' } },
      },
      {
        data: { name: 'trials' },
        transform: [{ filter: `datum.${key} != null && datum.group !== 'infeasible'` }],
        mark: { type: 'point', filled: true, size: 12, color: COLOURS.other, clip: true, cursor: 'pointer' },
        encoding: {
          x: { ...x, field: key },
          y: { ...y, field: own.key },
          opacity: { condition: { test: IS_PICKED, value: 0.7 }, value: 0.05 },
          tooltip: [
            { field: 'label', type: 'nominal', title: 'point' },
            { field: key, type: numeric ? 'quantitative' : 'nominal', title: column },
            { field: own.key, type: 'quantitative', title: own.name },
          ],
        },
      },
    ],
  };
}
