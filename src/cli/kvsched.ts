import type { Command } from './command.ts';
import { commandGroup } from './command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'run',
    summary: 'simulate one scenario with one scheduler',
    load: async () => (await import('./kvsched-run.ts')).runScenarioCommand,
  },
  {
    syntax: 'batch',
    summary: 'simulate scenarios × schedulers × seeds × prefetch/overlap, with an index and figures',
    load: async () => (await import('./kvsched-batch.ts')).batchCommand,
  },
  {
    syntax: 'lint-network',
    summary: 'check the links of scenarios',
    load: async () => (await import('./kvsched-lint.ts')).lintNetworkCommand,
  },
  {
    syntax: 'compare-modes',
    summary: 'plot what strict links change, from two batch indexes',
    load: async () => (await import('./kvsched-compare.ts')).compareModesCommand,
  },
];

/** `paretune kvsched …`: the commands of the KV-aware scheduling simulator. */
export const kvschedCommand = commandGroup(
  COMMANDS,
  'a kvsched command is required: run, batch, lint-network or compare-modes',
);
