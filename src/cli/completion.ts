import { blisFlagValues } from './blis/flag-values.ts';
import type { Command, LoadedCommand } from './terminal/command.ts';
import { commandTree, type FlagNode } from './terminal/completion/command-tree.ts';
import type { FlagValues } from './terminal/completion/completion-words.ts';
import { completionGroup } from './terminal/completion/shells.ts';

/** `paretune completion …`, of all commands. */
export function completionCommand(commands: readonly Command[]): LoadedCommand {
  const ofBlis = blisFlagValues();
  return completionGroup({
    command: 'completion',
    aliases: [],
    tree: async () => await commandTree(commands),
    valuesOf: (flag, at) => (at.startsWith('blis ') ? ofBlis(flag) : valuesOf(flag)),
  });
}

/** A text may name a file. */
function valuesOf({ value, choices }: FlagNode): FlagValues {
  if (choices.length > 0) return { kind: 'names', names: choices };
  return { kind: value === 'number' ? 'anything' : 'file' };
}
