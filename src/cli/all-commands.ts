import { COMMANDS } from './commands.ts';
import { main } from './terminal/program.ts';

/** `paretune …` with all its commands. Answers the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  return await main(argv, COMMANDS);
}
