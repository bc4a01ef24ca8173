import { renderSvg } from './chart/render.ts';
import type { PageCharts } from './page-charts.ts';

/** The rest is drawn by the page's script, when it comes into view or is printed. */
const DRAWN = /^(?:pareto|parallel|hypervolume|latency|sensitivity\d+)$/;

/** The charts that a reader needs most as SVG, by id: they are there before any script runs. */
export async function drawnCharts({ charts, datasets }: PageCharts): Promise<ReadonlyMap<string, string>> {
  const drawn = await Promise.all(
    charts
      .filter(({ id }) => DRAWN.test(id))
      .map(async ({ id, spec }) => [id, await renderSvg({ ...spec, datasets, background: 'transparent' })] as const),
  );
  return new Map(drawn);
}
