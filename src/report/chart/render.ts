import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { contentHash, type Json } from '../../base/json.ts';

/**
 * A Vega-Lite specification. Loosely typed: the library's own type makes the compiler check unions for seconds at every
 * chart, while a wrong specification shows at once in the test that renders it.
 */
export type ChartSpec = Readonly<Record<string, unknown>>;

const FONT_FAMILY = 'DejaVu Sans';

/** Vega-Lite specification → SVG text. Equal specifications give equal bytes. */
export async function renderSvg(spec: ChartSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const compiled = vegaLite.compile(spec as never, { config: { font: FONT_FAMILY, background: 'white' } }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return withOwnIds(await view.toSVG(), spec);
  } finally {
    view.finalize();
  }
}

/** Vega numbers clip paths by a counter of the process; here they are named after the chart and their order in it. */
function withOwnIds(svg: string, spec: ChartSpec): string {
  const prefix = `c${contentHash(spec as Json).slice(0, 8)}-`;
  const order = new Map<string, number>();
  for (const [, id] of svg.matchAll(/\bid="(clip\d+)"/g)) order.set(id!, order.size);
  return svg.replace(/\b(clip\d+)\b/g, (id) => (order.has(id) ? `${prefix}${order.get(id)}` : id));
}

/** A chart twice: as vectors, and as dots for those who cannot show them. */
export interface Picture {
  readonly svg: string;
  readonly png: Uint8Array;
}

export async function renderPicture(spec: ChartSpec): Promise<Picture> {
  const svg = await renderSvg(spec);
  return { svg, png: await renderPng(svg) };
}

/**
 * SVG text → PNG bytes, with the font shipped by the package, so that no system font is needed.
 * @param scale - pixels per SVG unit
 */
export async function renderPng(svg: string, scale = 2): Promise<Buffer> {
  const { Resvg } = await import('@resvg/resvg-js');
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      loadSystemFonts: false,
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
    },
  });
  return image.render().asPng();
}
