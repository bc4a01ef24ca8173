import type { Command } from '../terminal/command.ts';

/** The row of the command table that has a bundle of its own (`blis-main.ts`). */
export const BLIS: Command = {
  syntax: 'blis',
  summary: 'the cluster simulator by itself, with the flags and output of BLIS: run, replay, calibrate, …',
  load: async () => (await import('./group.ts')).blisCommand,
};
