import type { Command } from './command.ts';
import { commandGroup } from './command-group.ts';
import { refusedCommand } from './refused-command.ts';

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
  {
    syntax: 'compose',
    summary: 'merge workload files into one',
    load: async () => (await import('./blis-compose.ts')).blisComposeCommand,
  },
  {
    syntax: 'convert',
    summary: 'write workload files from other descriptions',
    load: async () => (await import('./blis-convert.ts')).blisConvertCommand,
  },
  refusedCommand('observe', 'it measures a real server; this is a simulator'),
  refusedCommand('calibrate', 'it needs measurements of a real server'),
];

/** `paretune blis …`: the cluster simulator with the flags, defaults and output of the BLIS command line. */
export const blisCommand = commandGroup(COMMANDS, 'a blis command is required: run, replay, compose or convert');
