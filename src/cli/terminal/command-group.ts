import type { Argv } from 'yargs';
import type { Command, Flags, LoadedCommand } from './command.ts';

/**
 * A chosen command with its flags, on its way out of the parser. It is thrown: after a handler that returns, the
 * parser lays out the help text of the command, which takes longer than all the rest of starting it.
 */
export class ChosenCommand extends Error {
  readonly command: Command;
  readonly flags: Flags;

  constructor(command: Command, flags: Flags) {
    super('a command was chosen');
    this.command = command;
    this.flags = flags;
  }
}

/** Registers `commands` below `parser`; parsing throws the `ChosenCommand`. */
export function registerCommands(parser: Argv, commands: readonly Command[]): Argv {
  for (const command of commands) {
    parser.command(
      command.syntax,
      command.summary,
      async (sub) => (await command.load()).build(sub),
      (flags) => {
        throw new ChosenCommand(command, flags);
      },
    );
  }
  return parser;
}

/**
 * A command that only groups others: `paretune <group> <command>`.
 * @param missing - said when no sub-command is given
 */
export function commandGroup(commands: readonly Command[], missing: string): LoadedCommand {
  return { build: (parser) => registerCommands(parser, commands).demandCommand(1, missing) };
}
