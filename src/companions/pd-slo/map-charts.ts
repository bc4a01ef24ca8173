import { negated } from '../../numeric/statistics.ts';
import { type PdSloMapCell, pdSloMap } from '../../report/chart/pd-slo-map.ts';
import { renderPicture } from '../../report/chart/render.ts';
import { type MapPoint, verdictOf } from './map-point.ts';

const FIGURES = {
  attainment: (points: readonly MapPoint[]) =>
    pdSloMap(
      points.map((point) => cell(point, point.attainment.change.value * 100, point.verdict)),
      'SLO attainment: joint − independent',
      'percentage points',
    ),
  'ttft-p99': (points: readonly MapPoint[]) =>
    pdSloMap(
      points.map((point) => {
        const { change } = point.ttftP99Ms;
        return cell(point, -100 * change.value, verdictOf(negated(change)));
      }),
      'TTFT P99: joint below independent',
      '% of independent',
    ),
};

function cell(point: MapPoint, difference: number, verdict: PdSloMapCell['verdict']): PdSloMapCell {
  const panel = `joint, ${point.strategy.replace(' ', '-')}`;
  return { panel, load: point.load, ratio: `${point.prefill}:${point.decode}`, difference, verdict };
}

/** Each figure as SVG and PNG, by file name. */
export async function mapCharts(
  points: readonly MapPoint[],
): Promise<readonly (readonly [name: string, content: string | Uint8Array])[]> {
  const drawn = Object.entries(FIGURES).map(async ([name, figure]) => {
    const { svg, png } = await renderPicture(figure(points));
    return [[`${name}.svg`, svg] as const, [`${name}.png`, png] as const];
  });
  return (await Promise.all(drawn)).flat();
}
