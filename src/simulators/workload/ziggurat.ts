/** Start of the tail of the normal tables. */
export const NORMAL_EDGE = 3.442619855899;
/** Start of the tail of the exponential tables. */
export const EXPONENTIAL_EDGE = 7.69711747013105;

/** Strip acceptance bounds, widths and heights. @see Marsaglia & Tsang 2000, "The ziggurat method" */
export interface ZigguratTables {
  readonly k: Uint32Array;
  /** Single precision, as the generator compares in it. */
  readonly w: Float32Array;
  readonly f: Float32Array;
}

export function normalTables(): ZigguratTables {
  return build(
    128,
    2 ** 31,
    NORMAL_EDGE,
    9.91256303526217e-3,
    (x) => Math.exp(-0.5 * x * x),
    (y) => Math.sqrt(-2 * Math.log(y)),
  );
}

export function exponentialTables(): ZigguratTables {
  return build(
    256,
    2 ** 32,
    EXPONENTIAL_EDGE,
    3.949659822581572e-3,
    (x) => Math.exp(-x),
    (y) => -Math.log(y),
  );
}

function build(
  strips: number,
  scale: number,
  edge: number,
  area: number,
  density: (x: number) => number,
  inverse: (y: number) => number,
): ZigguratTables {
  const k = new Uint32Array(strips);
  const w = new Float32Array(strips);
  const f = new Float32Array(strips);
  const base = area / density(edge);
  k[0] = Math.trunc((edge / base) * scale);
  w[0] = base / scale;
  w[strips - 1] = edge / scale;
  f[0] = 1;
  f[strips - 1] = density(edge);
  let x = edge;
  for (let i = strips - 2; i >= 1; i--) {
    const previous = x;
    x = inverse(area / previous + density(previous));
    k[i + 1] = Math.trunc((x / previous) * scale);
    f[i] = density(x);
    w[i] = x / scale;
  }
  return { k, w, f };
}
