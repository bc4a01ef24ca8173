import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'build-dataset',
    summary: 'measure prompts on an OpenAI-compatible server, or draw a synthetic dataset',
    load: async () => (await import('./build-dataset.ts')).buildDatasetCommand,
  },
  {
    syntax: 'run',
    summary: 'simulate schedulers over epochs and write the CSV artifacts',
    load: async () => (await import('./run.ts')).runExperimentCommand,
  },
  {
    syntax: 'compare',
    summary: 'compare schedulers with intervals over epochs',
    load: async () => (await import('./compare.ts')).compareCommand,
  },
  {
    syntax: 'embed',
    summary: 'add prompt vectors of a local encoder to a dataset',
    load: async () => (await import('./embed.ts')).embedCommand,
  },
  {
    syntax: 'pack',
    summary: 'turn a dataset into a workload file for studies',
    load: async () => (await import('./embed.ts')).packCommand,
  },
];

/** `paretune cloud-edge …`: the commands of the cloud–edge scheduling simulator. */
export const cloudEdgeCommand = commandGroup(
  COMMANDS,
  'a cloud-edge command is required: build-dataset, run, compare, embed or pack',
);
