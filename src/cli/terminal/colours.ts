import picocolors from 'picocolors';

type Colours = ReturnType<typeof picocolors.createColors>;

/**
 * Colours of one output stream: on a terminal unless NO_COLOR is set, elsewhere only if FORCE_COLOR is.
 * A pipe or a file gets plain text also where the environment names a build server.
 */
export function coloursOf(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Colours {
  const wanted = env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : stream.isTTY === true && env['TERM'] !== 'dumb';
  return picocolors.createColors(wanted && !env['NO_COLOR']);
}

export const stdoutColours = coloursOf(process.stdout);
export const stderrColours = coloursOf(process.stderr);
