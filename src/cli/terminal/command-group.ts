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
      async (sub) => {
        const { build, optionalValues } = await command.load();
        return withValues(build(sub), optionalValues ?? []);
      },
      (flags) => {
        throw new ChosenCommand(command, flags);
      },
    );
  }
  return parser;
}

/** What yargs has been told of options, as far as it matters here. */
interface Declared {
  readonly string: readonly string[];
  readonly number: readonly string[];
  readonly array: readonly string[];
  readonly choices: Readonly<Record<string, unknown>>;
}

/** Every option but a switch needs a value: without one, yargs would take its default, an empty text or NaN in silence. */
function withValues(parser: Argv, optional: readonly string[]): Argv {
  const { string, number, array, choices } = (parser as unknown as { getOptions(): Declared }).getOptions();
  const positionals =
    (parser as unknown as { getGroups(): Record<string, string[]> }).getGroups()['Positionals:'] ?? [];
  const names = new Set([...string, ...number, ...array, ...Object.keys(choices)]);
  for (const name of [...positionals, ...optional]) names.delete(name);
  return names.size === 0 ? parser : parser.requiresArg([...names]);
}

/**
 * A command that only groups others: `paretune <group> <command>`.
 * @param missing - said when no sub-command is given
 */
export function commandGroup(commands: readonly Command[], missing: string): LoadedCommand {
  return { build: (parser) => registerCommands(parser, commands).demandCommand(1, missing) };
}
