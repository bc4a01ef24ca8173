/** Which rooms may import a package; `rooms` are files or beginnings of paths. */
export const PACKAGES: Readonly<Record<string, { readonly rooms: readonly string[]; readonly why: string }>> = {
  yaml: {
    rooms: ['src/document/', 'src/study/io/'],
    why: 'one reader and one writer, one way to say where a value stood',
  },
  zod: {
    rooms: [
      'src/document/',
      'src/cli/terminal/schema-flag.ts',
      'src/connect/evaluators/',
      'src/study/plan/',
      'src/study/record-schema.ts',
      'src/study/experiment/',
      'src/optimizer/ask-tell/',
      'src/optimizer/vocabulary/',
      'src/simulators/kvsched/',
      'src/simulators/cloud-edge/',
      'src/simulators/gpu-jobs/',
      'src/simulators/pd-slo/',
      'src/companions/cloud-edge/bert-model.ts',
      'src/companions/pd-slo/',
      'src/cli/kvsched/',
      'src/cli/cloud-edge/',
      'src/cli/gpu-jobs/',
      'src/cli/pd-slo/',
    ],
    why: 'schemas stand with the format they describe, flags included; what `blis` starts from does without',
  },
  piscina: { rooms: ['src/study/io/', 'src/companions/'], why: 'threads are an effect' },
  pg: { rooms: ['src/study/io/queue/'], why: 'one room knows that there is a database' },
  'pg-boss': {
    rooms: ['src/study/io/queue/'],
    why: 'jobs of a queue are a row of a table, behind the port of evaluators',
  },
  yargs: { rooms: ['src/cli/'], why: 'nothing below knows that there are flags' },
  picocolors: { rooms: ['src/cli/terminal/'], why: 'one place knows whether the terminal has colours' },
  vega: { rooms: ['src/report/chart/', 'src/report/browser/'], why: 'charts are data until they are rendered' },
  'vega-lite': { rooms: ['src/report/chart/', 'src/report/browser/'], why: 'charts are data until they are rendered' },
  'vega-interpreter': {
    rooms: ['src/report/browser/'],
    why: 'pages run no code made from text, so their policy stays strict',
  },
  '@resvg/resvg-js': { rooms: ['src/report/chart/'], why: 'charts are data until they are rendered' },
  hyparquet: {
    rooms: ['src/companions/cloud-edge/parquet-prompts.ts'],
    why: 'prompts as public datasets ship them',
  },
  arquero: {
    rooms: ['src/report/', 'src/companions/'],
    why: 'tables of results; inputs are read with places for errors',
  },
  hono: { rooms: ['src/serve/'], why: 'one room talks to browsers' },
  '@hono/node-server': { rooms: ['src/serve/'], why: 'one room talks to browsers' },
  'hyparquet-writer': { rooms: ['src/report/'], why: 'columns that Parquet files are written from' },
  '@uwdata/flechette': { rooms: ['src/report/'], why: 'columns that Arrow files are written from' },
  'ml-matrix': {
    rooms: ['src/numeric/', 'src/optimizer/', 'src/study/', 'src/report/', 'src/connect/latency-fit/'],
    why: 'linear algebra off the hot path',
  },
  yalps: {
    rooms: ['src/optimizer/feasible/'],
    why: 'linear programs with integers decide whether constraints leave a point',
  },
  'ml-regression': {
    rooms: ['src/numeric/', 'src/optimizer/sensitivity/', 'src/report/'],
    why: 'fits whose coefficients are shown to users',
  },
};

/** The packages that this project is to stand on; vitest carries the tests. */
export const CARRIED = ['arquero', 'ml-matrix', 'ml-regression', 'piscina', 'yaml', 'yargs'];
