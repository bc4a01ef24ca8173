import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

export interface BlisBundle {
  readonly runBlis: (argv: readonly string[]) => Promise<number>;
  readonly script: Script;
}

type Exports = Pick<BlisBundle, 'runBlis'>;

/** Compiled code of the bundle, for the version of Node that built it; any other compiles the bundle itself. */
export const CODE_CACHE = new URL('./blis-bundle.cache', import.meta.url);
const BUNDLE = new URL('./blis-bundle.cjs', import.meta.url);

/**
 * `blis` commands and all they need as one script, which `npm run build` writes. A `blis` command is one short simulation:
 * loading and compiling 170 modules would cost as much as the run. null where there is no bundle, as beside the sources.
 */
export function loadBundle(): BlisBundle | null {
  if (!existsSync(BUNDLE)) return null;
  // A run of some 20,000 requests is over before code compiled with much inlining has paid for its compilation.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=150');
  const source = `(function (exports, module, require, bundleUrl) {${readFileSync(BUNDLE, 'utf8')}\n})`;
  const script = new Script(source, {
    filename: fileURLToPath(BUNDLE),
    ...(existsSync(CODE_CACHE) ? { cachedData: readFileSync(CODE_CACHE) } : {}),
  });
  const module = { exports: {} as Exports };
  script.runInThisContext()(module.exports, module, createRequire(BUNDLE), BUNDLE.href);
  return { runBlis: module.exports.runBlis, script };
}
