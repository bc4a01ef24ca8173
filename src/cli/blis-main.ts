import { setFlagsFromString } from 'node:v8';
import { BLIS } from './blis-row.ts';
import { main } from './program.ts';

// A run of some 20,000 requests is over before code compiled with much inlining has paid for its compilation.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=150');

/** Entry of the bundle: `paretune blis …` without the other commands. */
process.exitCode = await main(process.argv.slice(2), [BLIS]);
