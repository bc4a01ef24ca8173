import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** What can be had as one script: `blis`, and the pages about all commands. */
export type BundleName = 'blis' | 'pages';

export interface Bundle {
  readonly run: (argv: readonly string[]) => Promise<number>;
  readonly script: Script;
}

/** Compiled code of a bundle, for the version of Node that built it; any other compiles the bundle itself. */
export function codeCache(name: BundleName): URL {
  return new URL(`./${name}.cache`, import.meta.url);
}

/**
 * A command and all it needs as one script, which `npm run build` writes: loading and compiling a hundred modules would
 * cost as much as what they are for. null where there is no bundle, as beside the sources.
 */
export function loadBundle(name: BundleName): Bundle | null {
  const file = new URL(`./${name}.cjs`, import.meta.url);
  if (!existsSync(file)) return null;
  // A run of some 20,000 requests is over before code compiled with much inlining has paid for its compilation.
  if (name === 'blis') setFlagsFromString('--max-inlined-bytecode-size-cumulative=150');
  const source = `(function (exports, module, require, bundleUrl) {${readFileSync(file, 'utf8')}\n})`;
  const cache = codeCache(name);
  const script = new Script(source, {
    filename: fileURLToPath(file),
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const module = { exports: {} as Pick<Bundle, 'run'> };
  script.runInThisContext()(module.exports, module, createRequire(file), file.href);
  return { run: module.exports.run, script };
}
