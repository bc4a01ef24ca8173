import { InputError } from '../../base/errors.ts';
import type { Command } from './command.ts';

/** A command of the reference program that this one does not have: it says why, whatever its flags. */
export function refusedCommand(name: string, reason: string): Command {
  return {
    syntax: `${name} [rest..]`,
    summary: `not available: ${reason}`,
    load: async () => ({
      build: (parser) => parser.strict(false),
      run: async () => {
        throw new InputError(`${name} is not available: ${reason}`);
      },
    }),
  };
}
