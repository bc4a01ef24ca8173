import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError } from '../../base/errors.ts';
import type { PolicyModule } from '../../simulators/simulator.ts';

/** Root of the package, seen from source and from dist alike. */
const COMPILED = !import.meta.url.endsWith('.ts');
const ROOT = fileURLToPath(new URL(COMPILED ? '../../../..' : '../../..', import.meta.url));

/**
 * Imports policy modules. Each file's default export is handed to the simulator as it is.
 * @param files - relative to the working folder, or absolute
 * @throws InputError when a module cannot be loaded
 */
export async function loadPolicies(files: readonly string[]): Promise<readonly PolicyModule[]> {
  return await Promise.all(
    files.map(async (file) => {
      const module = await importModule(file);
      if (module.default === undefined) {
        throw new InputError('a policy module must have a default export', { position: { file } });
      }
      return { file, create: module.default };
    }),
  );
}

async function importModule(file: string): Promise<{ readonly default?: unknown }> {
  const target = moduleFile(resolve(file));
  try {
    return (await import(pathToFileURL(target).href)) as { readonly default?: unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot be loaded as a policy module: ${reason.split('\n')[0]}`, {
      position: { file },
      suggestion: file.endsWith('.ts')
        ? 'compile it to JavaScript, or start node with `--import tsx`'
        : 'it must be an ES module',
    });
  }
}

/** Policies that ship with paretune are compiled next to it: strategies/x.ts → dist/strategies/x.js. */
function moduleFile(file: string): string {
  if (!COMPILED || !file.endsWith('.ts')) return file;
  const inside = relative(ROOT, file);
  const compiled = resolve(ROOT, 'dist', inside.replace(/\.ts$/, '.js'));
  return !inside.startsWith('..') && !isAbsolute(inside) && existsSync(compiled) ? compiled : file;
}
