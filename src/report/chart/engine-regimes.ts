import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** How far one engine's mean is from another's, by load and memory. */
export interface RegimeCell {
  readonly panel: string;
  /** Requests per second. */
  readonly rate: number;
  readonly memory: string;
  /** A share: +0.1 = 10 % above. */
  readonly difference: number;
  readonly agrees: boolean;
}

/** Beyond it all cells have one colour. */
const LIMIT_PERCENT = 60;
/** From here on cells are so dark that figures are white. */
const DARK_PERCENT = 44;

/** A heat map a panel: colour and figure = difference in percent, bold where the engines agree. */
export function engineRegimes(cells: readonly RegimeCell[], title: string, subtitle: string): ChartSpec {
  const panels = [...new Set(cells.map(({ panel }) => panel))];
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, subtitle, anchor: 'start', subtitleColor: '#444' },
    config: CHART_CONFIG,
    vconcat: panels.map((panel) => panelOf(cells.filter((cell) => cell.panel === panel))),
  };
}

function panelOf(cells: readonly RegimeCell[]) {
  const memory = [...new Set(cells.map((cell) => cell.memory))];
  return {
    title: { text: cells[0]!.panel, anchor: 'start', fontSize: 11 },
    data: { values: cells.map((cell) => ({ ...cell, percent: tenths(cell.difference * 100) })) },
    width: { step: 64 },
    height: { step: 30 },
    encoding: {
      x: { field: 'rate', type: 'ordinal', title: 'requests per second', axis: { labelAngle: 0 } },
      y: { field: 'memory', type: 'nominal', title: 'KV cache', sort: memory },
    },
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          color: {
            field: 'percent',
            type: 'quantitative',
            title: 'difference, %',
            scale: { scheme: 'purpleorange', domain: [-LIMIT_PERCENT, LIMIT_PERCENT], clamp: true },
          },
        },
      },
      cellText('datum.agrees', { fontWeight: 'bold', fontSize: 12 }),
      cellText('!datum.agrees', { fontSize: 10 }),
    ],
  };
}

function cellText(filter: string, style: Readonly<Record<string, unknown>>) {
  return {
    transform: [{ filter }],
    mark: { type: 'text', ...style },
    encoding: {
      text: { field: 'percent', type: 'quantitative', format: '+.1f' },
      color: { condition: { test: `abs(datum.percent) > ${DARK_PERCENT}`, value: 'white' }, value: '#1b242e' },
    },
  };
}

/** A tenth is what is shown; 0 has no sign. */
function tenths(percent: number): number {
  return Math.round(percent * 10) / 10 + 0;
}
