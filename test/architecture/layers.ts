/** What a room may import beside itself, and why it is so. */
export interface Layer {
  readonly may: readonly string[];
  readonly why: string;
}

/** The floors of `src`, from the ground up; `policy.ts` and `index.ts` are the doors for users' code. */
export const FLOORS: Readonly<Record<string, Layer>> = {
  base: { may: [], why: 'words that every room uses know none of the rooms' },
  numeric: { may: ['base'], why: 'numbers in, numbers out: usable without the rest' },
  document: { may: ['base'], why: 'a format is read the same way whatever the values are for' },
  optimizer: { may: ['base', 'numeric', 'document'], why: 'the optimizer knows nothing of what is tuned' },
  simulators: { may: ['base', 'numeric', 'document'], why: 'simulators know nothing of optimization' },
  connect: {
    may: ['base', 'numeric', 'document', 'simulators'],
    why: 'what meets real servers and other programs knows workloads and traces, and nothing of studies or terminals',
  },
  study: {
    may: ['base', 'numeric', 'document', 'optimizer', 'simulators', 'connect'],
    why: 'a study joins the optimizer with what measures, simulated or outside, and runs without anybody looking on',
  },
  report: {
    may: ['base', 'numeric', 'document', 'optimizer', 'study', 'connect'],
    why: 'reports read what a study recorded, and show what its points are written as; they never simulate',
  },
  serve: {
    may: ['base', 'study', 'report'],
    why: 'a server shows what runs recorded; it neither runs nor writes anything',
  },
  companions: {
    may: ['base', 'numeric', 'document', 'simulators', 'study', 'report'],
    why: 'a companion adds to one backend what the Simulator contract has no room for',
  },
  cli: {
    may: [
      'base',
      'numeric',
      'document',
      'optimizer',
      'simulators',
      'study',
      'report',
      'companions',
      'connect',
      'serve',
    ],
    why: 'nothing below knows that there is a terminal',
  },
  library: {
    may: ['base', 'document', 'optimizer', 'simulators', 'study', 'report'],
    why: 'programs use the floors without a terminal',
  },
  'policy.ts': { may: ['base', 'simulators'], why: 'what a policy may rest on is part of the simulator' },
  'index.ts': {
    may: ['base', 'optimizer', 'simulators', 'study', 'report', 'library'],
    why: 'the public names, and nothing else',
  },
};

/**
 * The rooms of the cluster, from the ground up. `state` are the files in `cluster/` itself: configuration, result,
 * request states, queues. The files of the face, which put the parts together, may import all of them.
 */
export const CLUSTER_ROOMS: Readonly<Record<string, Layer>> = {
  state: { may: [], why: 'every part of the cluster shares it, so it depends on none of them' },
  latency: { may: ['state'], why: 'a step time depends on a batch, not on who asked for it' },
  settings: { may: ['state'], why: 'settings become a configuration before anything runs' },
  figures: { may: ['state', 'settings'], why: 'figures are computed from the result alone, after the run' },
  kv: { may: ['state'], why: 'blocks are kept without knowing who schedules or routes' },
  policy: { may: ['state', 'kv'], why: 'what policies see is a view, whoever shows it' },
  instance: { may: ['state', 'kv', 'policy', 'latency'], why: 'an instance runs alone, without a cluster around it' },
  gateway: { may: ['state', 'kv', 'policy', 'instance'], why: 'requests are held back before anybody routes them' },
  routing: {
    may: ['state', 'kv', 'policy', 'instance', 'gateway'],
    why: 'routers look at instances and know nothing of pools',
  },
  disaggregation: {
    may: ['state', 'kv', 'policy', 'latency', 'instance', 'gateway', 'routing'],
    why: 'pools are built from routers and instances; the event loop is not their business',
  },
  engine: {
    may: ['state', 'kv', 'policy', 'latency', 'instance', 'gateway', 'routing', 'disaggregation'],
    why: 'the event loop drives all parts; settings and figures lie before and after the run',
  },
};

export const CLUSTER_FACE = ['cluster-simulator.ts', 'measure-run.ts', 'simulate-cluster.ts'];

/** Folders whose rooms never import one another, except those for all. */
export const STRANGERS: readonly {
  readonly folder: string;
  readonly shared: readonly string[];
  readonly why: string;
}[] = [
  {
    folder: 'src/simulators',
    shared: ['kernel', 'workload'],
    why: 'a backend is understood, changed and removed without reading another',
  },
  { folder: 'src/companions', shared: [], why: 'a companion belongs to its backend' },
  {
    folder: 'src/cli',
    shared: ['terminal'],
    why: 'a command group is a thin layer over its own room; what two of them need is about terminals',
  },
  { folder: 'src/simulators/cluster/kv', shared: [], why: 'each second tier stands on the GPU blocks alone' },
];

/** Rooms that name each other's types; calls go one way only. */
export const SHARED_TYPES: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  {
    from: 'src/optimizer/acquisition',
    to: 'src/optimizer/sampler',
    why: 'an acquisition is built for the evidence and the fitted models that a sampler hands over',
  },
];
