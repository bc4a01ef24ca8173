/** Colours that stay apart for colour-blind readers (Okabe & Ito 2008), on light and on dark paper. */
export const COLOURS = {
  baseline: '#D55E00',
  recommended: '#009E73',
  front: '#0072B2',
  other: '#9AA5B1',
  infeasible: '#CC79A7',
} as const;

export const VEGA_LITE_SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

/** What the groups of trials look like in every chart. */
const GROUPS = ['baseline', 'recommended', 'front', 'dominated', 'infeasible'] as const;
const GROUP_LEGEND = { orient: 'top', columns: 3, symbolOpacity: 1 } as const;

export const GROUP_COLOUR = {
  field: 'group',
  type: 'nominal',
  title: null,
  scale: {
    domain: [...GROUPS],
    range: [COLOURS.baseline, COLOURS.recommended, COLOURS.front, COLOURS.other, COLOURS.infeasible],
  },
  legend: GROUP_LEGEND,
} as const;

export const GROUP_SHAPE = {
  field: 'group',
  type: 'nominal',
  title: null,
  scale: { domain: [...GROUPS], range: ['diamond', 'triangle-up', 'circle', 'circle', 'cross'] },
  legend: GROUP_LEGEND,
} as const;

/** The title of a vertical axis above it: names of metrics with unit and sense are longer than a panel is high. */
export const TITLE_ABOVE = {
  titleAngle: 0,
  titleAlign: 'left',
  titleAnchor: 'end',
  titleBaseline: 'bottom',
  titleX: 0,
  titleY: -7,
} as const;

/** Trials that the reader has marked elsewhere on the page; null = none. The page's script sets it. */
export const PICKED_PARAM = { name: 'picked', value: null } as const;
export const IS_PICKED = 'picked == null || indexof(picked, datum.trial) >= 0';

export const CHART_CONFIG = {
  aria: false,
  mark: { aria: false },
  title: { aria: false },
  view: { stroke: null },
  axis: {
    aria: false,
    labelColor: '#444',
    titleColor: '#222',
    gridColor: '#ececec',
    domainColor: '#bbb',
    titleFontWeight: 'normal' as const,
    labelLimit: 150,
    titleLimit: 260,
  },
  legend: { aria: false, labelColor: '#444', titleColor: '#222', titleFontWeight: 'normal' as const },
};
