import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'simulate one scenario with one scheduler',
    load: async () => (await import('./run.ts')).runScenarioCommand,
  },
  {
    syntax: 'batch',
    summary: 'simulate scenarios × schedulers × seeds × prefetch/overlap, with an index and figures',
    load: async () => (await import('./batch.ts')).batchCommand,
  },
  {
    syntax: 'lint-network',
    summary: 'check the links of scenarios',
    load: async () => (await import('./lint.ts')).lintNetworkCommand,
  },
  {
    syntax: 'compare-modes',
    summary: 'plot what strict links change, from two batch indexes',
    load: async () => (await import('./compare.ts')).compareModesCommand,
  },
  {
    syntax: 'suite',
    summary: 'run a suite: scenarios under several settings, with one index',
    load: async () => (await import('./suite.ts')).suiteCommand,
  },
  {
    syntax: 'plots-s1s6',
    summary: 'figures of a suite, experiment by experiment',
    load: async () => (await import('./suite.ts')).suitePlotsCommand,
  },
  {
    syntax: 'topology-table',
    summary: 'nodes and links of scenarios as a table in Markdown or LaTeX',
    load: async () => (await import('./topology.ts')).topologyTableCommand,
  },
  {
    syntax: 'microbench',
    summary: 'write the table of latencies to measure',
    load: async () => (await import('./latency.ts')).microbenchCommand,
  },
  {
    syntax: 'fit-latency',
    summary: 'fit latency per GPU to a measured table',
    load: async () => (await import('./latency.ts')).fitLatencyCommand,
  },
];

/** `paretune kvsched …`: the commands of the KV-aware scheduling simulator. */
export const kvschedCommand = commandGroup(
  COMMANDS,
  'a kvsched command is required: run, batch, lint-network, compare-modes, suite, plots-s1s6, topology-table, microbench or fit-latency',
);
