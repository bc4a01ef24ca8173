#!/usr/bin/env node
import { diskError } from '../base/disk-error.ts';
import { describeProblem } from '../base/errors.ts';
import { loadBundle } from './bundle/load-bundle.ts';

/** 128 + SIGPIPE. */
const READER_GONE = 141;
const BAD_INPUT = 2;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough, as in `paretune … | head`, ends the program without a word.
    if (error.code === 'EPIPE') process.exit(READER_GONE);
    const told = diskError(error, 'written', stream === process.stdout ? 'stdout' : 'stderr');
    if (told === null) throw error;
    if (stream === process.stdout) process.stderr.write(`paretune: ${describeProblem(told)}\n`);
    process.exit(BAD_INPUT);
  });
}

const argv = process.argv.slice(2);
if (argv[0] === 'blis') {
  const { run } = loadBundle('blis') ?? (await import('./blis/main.ts'));
  process.exitCode = await run(argv);
} else {
  const isPage = argv.length === 0 || (argv.length === 1 && ['--help', '--version'].includes(argv[0]!));
  const { run } = (isPage ? loadBundle('pages') : null) ?? (await import('./all-commands.ts'));
  process.exitCode = await run(argv);
}
