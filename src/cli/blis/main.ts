import { main } from '../terminal/program.ts';
import { BLIS } from './row.ts';
import { plainSwitches } from './switches.ts';

/** `paretune blis …` without the other commands. Answers the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  return await main(argv, [BLIS], plainSwitches);
}
