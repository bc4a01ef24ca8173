import type { Command } from './command.ts';
import { commandGroup } from './command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'generate a workload and simulate it on a cluster',
    load: async () => (await import('./blis-run.ts')).blisRunCommand,
  },
  {
    syntax: 'replay',
    summary: 'simulate the requests of a trace on a cluster',
    load: async () => (await import('./blis-replay.ts')).blisReplayCommand,
  },
];

/** `paretune blis …`: the cluster simulator with the flags, defaults and output of the BLIS command line. */
export const blisCommand = commandGroup(COMMANDS, 'a blis command is required: run or replay');
