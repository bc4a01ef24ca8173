import type { LoadedCommand } from '../terminal/command.ts';
import { commandTree } from '../terminal/completion/command-tree.ts';
import { completionGroup } from '../terminal/completion/shells.ts';
import { blisFlagValues } from './flag-values.ts';

/** `paretune blis completion …`. @param blis - the group whose commands are completed */
export function completionCommand(blis: LoadedCommand): LoadedCommand {
  const row = {
    syntax: 'blis',
    summary: 'the cluster simulator, with the commands of BLIS',
    load: async () => blis,
  };
  return completionGroup({
    command: 'blis completion',
    aliases: ['blis'],
    tree: async () => await commandTree([row]),
    valuesOf: blisFlagValues(),
  });
}
