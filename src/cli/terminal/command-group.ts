import type { Argv } from 'yargs';
import type { Command, Flags, LoadedCommand } from './command.ts';
import { declaredOptions, positionalsOf } from './declared-options.ts';
import { withVariables } from './flag-variables.ts';

/**
 * A chosen command with its flags, on its way out of the parser. It is thrown: after a handler that returns, the
 * parser lays out the help text of the command, which takes longer than all the rest of starting it.
 */
export class ChosenCommand extends Error {
  readonly command: Command;
  readonly flags: Flags;
  /** Names of its flags that take no value. */
  readonly switches: readonly string[];

  constructor(command: Command, flags: Flags, switches: readonly string[]) {
    super('a command was chosen');
    this.command = command;
    this.flags = flags;
    this.switches = switches;
  }
}

/** Registers `commands` below `parser`; parsing throws the `ChosenCommand`. */
export function registerCommands(parser: Argv, commands: readonly Command[]): Argv {
  for (const command of commands) {
    let switches: readonly string[] = [];
    parser.command(
      command.syntax,
      command.summary,
      async (sub) => {
        const { build, optionalValues } = await command.load();
        const built = withValues(build(sub), optionalValues ?? []);
        switches = declaredOptions(built).boolean;
        return withVariables(built, process.env);
      },
      (flags) => {
        throw new ChosenCommand(command, flags, switches);
      },
    );
  }
  return parser;
}

/** Every option but a switch needs a value: without one, yargs would take its default, an empty text or NaN in silence. */
function withValues(parser: Argv, optional: readonly string[]): Argv {
  const { string, number, array, choices } = declaredOptions(parser);
  const names = new Set([...string, ...number, ...array, ...Object.keys(choices)]);
  for (const name of [...positionalsOf(parser), ...optional]) names.delete(name);
  return names.size === 0 ? parser : parser.requiresArg([...names]);
}

/**
 * A command that only groups others: `paretune <group> <command>`.
 * @param missing - said when no sub-command is given
 */
export function commandGroup(commands: readonly Command[], missing: string): LoadedCommand {
  return { build: (parser) => registerCommands(parser, commands).demandCommand(1, missing) };
}
