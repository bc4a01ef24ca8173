import { type Command, EXIT, type LoadedCommand } from './command.ts';

/**
 * A command that only groups others: `paretune <group> <command>`.
 * @param missing - said when no sub-command is given
 */
export function commandGroup(commands: readonly Command[], missing: string): LoadedCommand {
  return {
    build: (parser, onExit) => {
      for (const { syntax, summary, load } of commands) {
        parser.command(
          syntax,
          summary,
          async (sub) => (await load()).build(sub, onExit),
          async (flags) => {
            const code = await (await load()).run?.(flags);
            onExit(code ?? EXIT.ok);
          },
        );
      }
      return parser.demandCommand(1, missing);
    },
  };
}
