#!/usr/bin/env node
/**
 * Starts the program. A `blis` command is one short simulation: loading 170 modules would cost as much as the run, so
 * `npm run build` puts them into one file in place of the module that starts it.
 */
/** 128 + SIGPIPE. */
const READER_GONE = 141;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // A reader that has seen enough, as in `paretune … | head`, ends the program without a word.
    process.exit(READER_GONE);
  });
}

const argv = process.argv.slice(2);
if (argv[0] === 'blis') await import('./blis-main.ts');
else {
  const [{ main }, { COMMANDS }] = await Promise.all([import('./program.ts'), import('./commands.ts')]);
  process.exitCode = await main(argv, COMMANDS);
}

export {};
