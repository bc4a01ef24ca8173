import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'generate a workload and simulate it on a cluster',
    load: async () => (await import('./run.ts')).blisRunCommand,
  },
  {
    syntax: 'replay',
    summary: 'simulate the requests of a trace on a cluster',
    load: async () => (await import('./replay.ts')).blisReplayCommand,
  },
  {
    syntax: 'observe',
    summary: 'send a workload to a server and record what it measures',
    load: async () => (await import('./observe.ts')).blisObserveCommand,
  },
  {
    syntax: 'calibrate',
    summary: 'compare a measured trace with its replay',
    load: async () => (await import('./calibrate.ts')).blisCalibrateCommand,
  },
  {
    syntax: 'compose',
    summary: 'merge workload files into one',
    load: async () => (await import('./compose.ts')).blisComposeCommand,
  },
  {
    syntax: 'convert',
    summary: 'write workload files from other descriptions',
    load: async () => (await import('./convert.ts')).blisConvertCommand,
  },
  {
    syntax: 'completion',
    summary: 'print a script that completes these commands in a shell',
    load: async () => (await import('./completion.ts')).completionCommand(blisCommand),
  },
];

/** `paretune blis …`: the cluster simulator with the flags, defaults and output of the BLIS command line. */
export const blisCommand = commandGroup(
  COMMANDS,
  'a blis command is required: run, replay, observe, calibrate, compose, convert or completion',
);
