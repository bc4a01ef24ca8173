import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'simulate one scenario; write summary, requests and metrics',
    load: async () => (await import('./run.ts')).runPdSloCommand,
  },
  {
    syntax: 'explain',
    summary: 'print the pair table of one decision',
    load: async () => (await import('./explain.ts')).explainPdSloCommand,
  },
  {
    syntax: 'metrics',
    summary: 'print the counters of a run as Prometheus text',
    load: async () => (await import('./run.ts')).metricsPdSloCommand,
  },
  {
    syntax: 'train <file>',
    summary: 'fit the latency predictors to collected samples',
    load: async () => (await import('./train.ts')).trainPdSloCommand,
  },
  {
    syntax: 'map',
    summary: 'compare joint with independent choice over load and prefill/decode ratio',
    load: async () => (await import('./map.ts')).mapPdSloCommand,
  },
];

/** `paretune pd-slo …`: the commands of the prefill/decode pair scheduler. */
export const pdSloCommand = commandGroup(COMMANDS, 'a pd-slo command is required: run, explain, metrics, train or map');
