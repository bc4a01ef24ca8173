import type { LoadedCommand } from '../command.ts';
import { commandGroup } from '../command-group.ts';
import { lastValueWins } from '../flags.ts';
import { bashScript } from './bash-script.ts';
import type { CommandNode } from './command-tree.ts';
import { type CompletionOptions, type CompletionWords, completionWords } from './completion-words.ts';
import { fishScript } from './fish-script.ts';
import { powershellScript } from './powershell-script.ts';
import { zshScript } from './zsh-script.ts';

interface Shell {
  readonly name: string;
  readonly script: (words: CompletionWords) => string;
  /** How to load it, in the session and for good. */
  readonly session: string;
  readonly always: string;
}

const PROGRAM = 'paretune';

/** @param command - that prints the scripts */
function shells(command: string): readonly Shell[] {
  return [
    {
      name: 'bash',
      script: bashScript,
      session: `source <($0 ${command} bash)`,
      always: `$0 ${command} bash > ~/.local/share/bash-completion/completions/${PROGRAM}`,
    },
    {
      name: 'zsh',
      script: zshScript,
      session: `source <($0 ${command} zsh)`,
      always: `$0 ${command} zsh > "\${fpath[1]}/_${PROGRAM}"`,
    },
    {
      name: 'fish',
      script: fishScript,
      session: `$0 ${command} fish | source`,
      always: `$0 ${command} fish > ~/.config/fish/completions/${PROGRAM}.fish`,
    },
    {
      name: 'PowerShell',
      script: powershellScript,
      session: `$0 ${command} powershell | Out-String | Invoke-Expression`,
      always: `$0 ${command} powershell >> $PROFILE`,
    },
  ];
}

interface Completed extends Pick<CompletionOptions, 'command' | 'aliases' | 'valuesOf'> {
  readonly tree: () => Promise<readonly CommandNode[]>;
}

/** A group with a command for each shell, which prints its script. */
export function completionGroup(completed: Completed): LoadedCommand {
  return commandGroup(
    shells(completed.command).map((shell) => ({
      syntax: shell.name.toLowerCase(),
      summary: `print the completion script for ${shell.name}`,
      load: async () => shellCommand(completed, shell),
    })),
    'a shell is required: bash, zsh, fish or powershell',
  );
}

function shellCommand({ tree, ...words }: Completed, { script, session, always }: Shell): LoadedCommand {
  return {
    build: (parser) =>
      lastValueWins(parser)
        .option('descriptions', {
          type: 'boolean',
          default: true,
          describe: 'say what things are for, where the shell shows it; --no-descriptions leaves it out',
        })
        .example(session, 'in this session')
        .example(always, 'in every session'),
    run: async (flags) => {
      const descriptions = flags['descriptions'] !== false;
      process.stdout.write(script(completionWords(await tree(), { ...words, program: PROGRAM, descriptions })));
      return undefined;
    },
  };
}
