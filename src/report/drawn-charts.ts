import { type ChartSpec, renderSvg } from './chart/render.ts';
import type { PageCharts } from './page-charts.ts';

/** The rest is drawn by the page's script, when it comes into view or is printed. */
const DRAWN = /^(?:pareto|parallel|hypervolume|latency|sensitivity\d+)$/;

/** The charts that a reader needs most as SVG, by id: they are there before any script runs. */
export async function drawnCharts({ charts, datasets }: PageCharts): Promise<ReadonlyMap<string, string>> {
  const drawn = await Promise.all(
    charts
      .filter(({ id }) => DRAWN.test(id))
      .map(async ({ id, spec }) => {
        const own = { ...spec, datasets: namedIn(spec, datasets), background: 'transparent' };
        return [id, await renderSvg(own)] as const;
      }),
  );
  return new Map(drawn);
}

/** The data sets that a chart draws from; Vega reads all that it is given. */
function namedIn(spec: ChartSpec, datasets: PageCharts['datasets']): PageCharts['datasets'] {
  const names = new Set<unknown>();
  JSON.stringify(spec, (key, value: unknown) => {
    if (key === 'name') names.add(value);
    return value;
  });
  return Object.fromEntries(Object.entries(datasets).filter(([name]) => names.has(name)));
}
