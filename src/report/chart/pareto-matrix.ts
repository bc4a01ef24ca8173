import type { ChartSpec } from './render.ts';
import {
  CHART_CONFIG,
  GROUP_COLOUR,
  GROUP_SHAPE,
  IS_PICKED,
  PICKED_PARAM,
  TITLE_ABOVE,
  VEGA_LITE_SCHEMA,
} from './theme.ts';
import type { ChartColumn, TrialRow, TrialRows } from './trial-rows.ts';

/** Every pair of objectives against each other, one brush over all: what is marked in one panel is marked in each. */
export function paretoMatrix({ objectives, rows }: Frames): ChartSpec {
  const pairs = pairsOf(objectives);
  const size = pairs.length === 1 ? { width: 460, height: 320 } : { width: 290, height: 230 };
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    data: { name: 'trials' },
    params: [
      PICKED_PARAM,
      ...frames({ objectives, rows }),
      { name: 'brush', select: { type: 'interval' }, views: pairs.map((_, index) => `pair${index}`) },
    ],
    columns: 2,
    concat: pairs.map(([x, y], index) => ({
      ...size,
      layer: [...panel(`pair${index}`, x, y)],
    })),
  };
}

function pairsOf(columns: readonly ChartColumn[]): readonly (readonly [ChartColumn, ChartColumn])[] {
  return columns.flatMap((x, i) => columns.slice(i + 1).map((y) => [x, y] as const));
}

function panel(name: string, x: ChartColumn, y: ChartColumn): readonly object[] {
  const axis = (column: ChartColumn, more: object) => ({
    field: column.key,
    type: 'quantitative',
    title: column.title,
    scale: inFrame(column),
    axis: { tickCount: 5, titleLimit: 290, ...more },
  });
  const xy = { x: axis(x, {}), y: axis(y, TITLE_ABOVE) };
  const emphasised = {
    filter: "datum.group === 'baseline' || datum.group === 'recommended' || datum.group === 'front'",
  };
  const rule = { type: 'rule', opacity: 0.3, clip: true, tooltip: null };
  return [
    {
      transform: [emphasised],
      mark: rule,
      encoding: { x: { ...xy.x, field: `${x.key}l` }, x2: { field: `${x.key}h` }, y: xy.y, color: GROUP_COLOUR },
    },
    {
      transform: [emphasised],
      mark: rule,
      encoding: { x: xy.x, y: { ...xy.y, field: `${y.key}l` }, y2: { field: `${y.key}h` }, color: GROUP_COLOUR },
    },
    {
      name,
      mark: { type: 'point', filled: true, clip: true, cursor: 'pointer' },
      encoding: {
        ...xy,
        color: GROUP_COLOUR,
        shape: GROUP_SHAPE,
        size: {
          condition: { test: "datum.group === 'dominated' || datum.group === 'infeasible'", value: 28 },
          value: 64,
        },
        opacity: { condition: { param: 'brush', test: IS_PICKED, value: 0.9 }, value: 0.12 },
        tooltip: [
          { field: 'label', type: 'nominal', title: 'point' },
          { field: x.key, type: 'quantitative', title: x.name },
          { field: y.key, type: 'quantitative', title: y.name },
          { field: 'group', type: 'nominal', title: 'group' },
        ],
      },
    },
    {
      transform: [{ filter: "datum.group === 'baseline' || datum.group === 'recommended'" }],
      mark: { type: 'text', dx: 8, dy: -8, fontSize: 10, align: 'left', color: 'currentColor', clip: true },
      encoding: { ...xy, text: { field: 'trial', type: 'quantitative' } },
    },
  ];
}

type Frames = Pick<TrialRows, 'objectives' | 'rows'>;

/**
 * The frame of each objective as a parameter of a chart, for scales made by `inFrame`. A specification that held the ends
 * themselves would be another one after each trial, and a live page would have to draw its chart anew.
 */
export function frames({ objectives, rows }: Frames): readonly object[] {
  return objectives.map(({ key }) => ({ name: frameName(key), value: [...frameOf(rows, key)] }));
}

export function inFrame({ key }: ChartColumn): object {
  return { domain: { expr: frameName(key) }, nice: false };
}

function frameName(key: string): string {
  return `${key}_frame`;
}

/** How far the frame reaches beyond front and baseline, in widths of these. */
const NEIGHBOURHOOD = 1.2;
const MARGIN = 0.08;

/** Ends of an axis: front and baseline with room for their neighbours. Poor points beyond are cut off. */
export function frameOf(rows: readonly TrialRow[], key: string): readonly [number, number] {
  const values = (some: readonly TrialRow[]): number[] => some.map((row) => row[key] as number);
  const main = rows.filter(({ group }) => group !== 'dominated' && group !== 'infeasible');
  const core = values(main.length > 1 ? main : rows);
  const low = Math.min(...core);
  const high = Math.max(...core);
  const reach = (high > low ? high - low : Math.abs(high) || 1) * NEIGHBOURHOOD;
  const near = values(rows).filter((value) => value >= low - reach && value <= high + reach);
  const [from, to] = [Math.min(...near), Math.max(...near)];
  const margin = (to > from ? to - from : Math.abs(to) || 1) * MARGIN;
  return [from - margin, to + margin];
}
