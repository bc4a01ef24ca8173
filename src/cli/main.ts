#!/usr/bin/env node
import { loadBundle } from './blis/bundle.ts';

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
if (argv[0] === 'blis') {
  const { runBlis } = loadBundle() ?? (await import('./blis/main.ts'));
  process.exitCode = await runBlis(argv);
} else {
  const [{ main }, { COMMANDS }] = await Promise.all([import('./terminal/program.ts'), import('./commands.ts')]);
  process.exitCode = await main(argv, COMMANDS);
}
