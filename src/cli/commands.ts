import type { Command } from './command.ts';

/** Every command of `paretune`, in the order of the help page. */
export const COMMANDS: readonly Command[] = [];
