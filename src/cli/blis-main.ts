import { BLIS } from './blis-row.ts';
import { main } from './program.ts';

/** Entry of the bundle: `paretune blis …` without the other commands. */
process.exitCode = await main(process.argv.slice(2), [BLIS]);
