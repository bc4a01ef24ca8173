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
];

/** `paretune kvsched …`: the commands of the KV-aware scheduling simulator. */
export const kvschedCommand = commandGroup(
  COMMANDS,
  'a kvsched command is required: run, batch, lint-network or compare-modes',
);
