/** Colours that stay apart for colour-blind readers (Okabe & Ito 2008). */
export const COLOURS = {
  baseline: '#D55E00',
  front: '#0072B2',
  other: '#B8C0C8',
  infeasible: '#CC79A7',
  accent: '#009E73',
} as const;

export const VEGA_LITE_SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

export const CHART_CONFIG = {
  view: { stroke: null },
  axis: {
    labelColor: '#444',
    titleColor: '#222',
    gridColor: '#ececec',
    domainColor: '#bbb',
    titleFontWeight: 'normal' as const,
  },
  legend: { labelColor: '#444', titleColor: '#222', titleFontWeight: 'normal' as const },
};
