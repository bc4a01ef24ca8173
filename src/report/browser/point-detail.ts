import type { PageData, PageMetric, PagePoint } from './page-data.ts';

type Child = Node | string;

function element(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Number(value.toPrecision(5)).toLocaleString('en-US', { maximumSignificantDigits: 5 });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Everything recorded of one trial: parameters, every metric seed by seed, and how to export it. */
export function pointDetail(data: PageData, point: PagePoint): readonly HTMLElement[] {
  return [
    element('h2', { id: 'detail-title' }, `Trial ${point.trial}`),
    element('p', { class: 'soft' }, point.state, ...(point.reason === null ? [] : [`: ${point.reason}`])),
    section('Parameters', table(['parameter', 'value'], parameterRows(data, point))),
    ...roles(data, point),
    section('Export', element('pre', { tabindex: '0' }, exportLines(point))),
  ];
}

function parameterRows({ parameters }: PageData, point: PagePoint): readonly (readonly string[])[] {
  return parameters.map((name, index) => {
    const value = point.parameters[index] ?? null;
    return [name, value === null ? '–' : typeof value === 'number' ? shown(value) : value];
  });
}

const TITLES: readonly (readonly [PageMetric['role'], string])[] = [
  ['objective', 'Objectives'],
  ['constraint', 'Constraints'],
  ['context', 'Counters and other metrics'],
];

function roles(data: PageData, point: PagePoint): readonly HTMLElement[] {
  if (point.values.length === 0) return [];
  return TITLES.flatMap(([role, title]) => {
    const rows = data.metrics.flatMap((metric, index) =>
      metric.role === role ? [metricRow(metric, point.values[index] ?? [], point.fresh[index] ?? [])] : [],
    );
    if (rows.length === 0) return [];
    const fresh = point.fresh.length === 0 ? [] : [`fresh seeds ${data.freshSeeds.join(', ')}`];
    return [section(title, table(['metric', 'mean', `seeds ${data.seeds.join(', ')}`, ...fresh], rows))];
  });
}

function metricRow({ name, unit }: PageMetric, values: readonly number[], fresh: readonly number[]): readonly string[] {
  const list = (some: readonly number[]): string => some.map(shown).join(', ');
  return [
    `${name}${unit === '1' ? '' : ` (${unit})`}`,
    shown(mean(values)),
    list(values),
    ...(fresh.length === 0 ? [] : [list(fresh)]),
  ];
}

function exportLines({ trial }: PagePoint): string {
  return ['epp', 'vllm', 'helm-values', 'blis', 'json']
    .map((target) => `paretune export DIR --point ${trial} --as ${target}`)
    .join('\n');
}

function section(title: string, content: HTMLElement): HTMLElement {
  return element('section', {}, element('h3', {}, title), content);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const row = (cells: readonly string[]): HTMLElement =>
    element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
  const top = element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)));
  const body = element('table', {}, element('thead', {}, top), element('tbody', {}, ...rows.map(row)));
  return element('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': head.join(', ') }, body);
}
