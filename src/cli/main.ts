#!/usr/bin/env node
/**
 * Starts the program. A `blis` command is one short simulation: loading 170 modules would cost as much as the run, so
 * `npm run build` puts them into one file in place of the module that starts it.
 */
const argv = process.argv.slice(2);
if (argv[0] === 'blis') await import('./blis-main.ts');
else {
  const [{ main }, { COMMANDS }] = await Promise.all([import('./program.ts'), import('./commands.ts')]);
  process.exitCode = await main(argv, COMMANDS);
}

export {};
