import type { SurrogateView } from '../surrogate-views.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';
import { rounded } from './trial-rows.ts';

/** Mean of the surrogate, and how unsure it is, over the two numbers that matter most; null where there are not two. */
export function surrogateContour({ metric, contour }: SurrogateView): ChartSpec | null {
  if (contour === null) return null;
  const values = contour.cells.map(({ x, y, mean, deviation }) => ({
    x: shown(x),
    y: shown(y),
    mean: rounded(mean),
    deviation: rounded(deviation),
  }));
  const order = (of: readonly number[]): string[] => [...new Set(of)].sort((a, b) => a - b).map(shown);
  const xs = order(contour.cells.map(({ x }) => x));
  const ys = order(contour.cells.map(({ y }) => y)).reverse();
  const panel = (field: 'mean' | 'deviation', title: string, scheme: string) => ({
    width: 250,
    height: 220,
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { field: 'x', type: 'ordinal', sort: xs, title: contour.x, axis: { labelAngle: -45, labelOverlap: true } },
      y: { field: 'y', type: 'ordinal', sort: ys, title: contour.y, axis: { labelOverlap: true } },
      color: {
        field,
        type: 'quantitative',
        title: null,
        scale: { scheme, zero: false },
        legend: { orient: 'top', title, gradientLength: 200 },
      },
    },
  });
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    data: { values },
    resolve: { scale: { color: 'independent' } },
    hconcat: [panel('mean', `${metric}, mean`, 'viridis'), panel('deviation', 'standard deviation', 'greys')],
  };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
