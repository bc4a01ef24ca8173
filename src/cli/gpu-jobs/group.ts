import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'compare queue orderings on a workload',
    load: async () => (await import('./run.ts')).runJobsCommand,
  },
  {
    syntax: 'test',
    summary: 'print the published comparison: 20 tasks on 16 GPUs',
    load: async () => (await import('./test.ts')).testJobsCommand,
  },
  {
    syntax: 'generate',
    summary: 'draw a workload and write it as a task table',
    load: async () => (await import('./generate.ts')).generateJobsCommand,
  },
  {
    syntax: 'roofline',
    summary: 'step times, arithmetic intensity and ridge points of a model on a GPU',
    load: async () => (await import('./roofline.ts')).rooflineJobsCommand,
  },
  {
    syntax: 'benchmarks',
    summary: 'compare the roofline with published figures of real GPUs',
    load: async () => (await import('./benchmarks.ts')).benchmarksJobsCommand,
  },
  {
    syntax: 'validate',
    summary: 'compare the token engine with the cluster simulator on one trace',
    load: async () => (await import('./validate.ts')).validateJobsCommand,
  },
  {
    syntax: 'regimes',
    summary: 'loads and memory sizes at which the token engine may stand for the cluster simulator',
    load: async () => (await import('./regimes.ts')).regimesJobsCommand,
  },
];

/** `paretune gpu-jobs …`: weighted queue orderings on GPU clusters. */
export const gpuJobsCommand = commandGroup(
  COMMANDS,
  'a gpu-jobs command is required: run, test, generate, roofline, benchmarks, validate or regimes',
);
