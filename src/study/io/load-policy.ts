import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError } from '../../base/errors.ts';
import type { PolicyModule } from '../../simulators/simulator.ts';
import { packageFile } from './package-file.ts';

const COMPILED = !import.meta.url.endsWith('.ts');
const ROOT = resolve(fileURLToPath(packageFile('.')));
/** Starts the names of modules that ship with paretune, wherever it is installed. */
const SHIPPED = 'paretune:';

/** Name of a policy module in records and messages: relative to the working folder, or to the package it ships with. */
export function policyName(file: string): string {
  const target = resolve(file);
  const isShipped = isInside(ROOT, target) && process.cwd() !== ROOT;
  return isShipped ? `${SHIPPED}${relative(ROOT, target)}` : relative(process.cwd(), target);
}

/** Where the module of this name is. */
function policyFile(name: string): string {
  return name.startsWith(SHIPPED) ? resolve(ROOT, name.slice(SHIPPED.length)) : resolve(name);
}

/** Text of a policy module; undefined where there is no such file. */
export function policyText(name: string): string | undefined {
  const file = policyFile(name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/**
 * Imports policy modules. Each file's default export is handed to the simulator as it is.
 * @param names - as `policyName` gives them
 * @throws InputError when a module cannot be loaded
 */
export async function loadPolicies(names: readonly string[]): Promise<readonly PolicyModule[]> {
  return await Promise.all(
    names.map(async (name) => {
      const module = await importModule(name);
      if (module.default === undefined) {
        throw new InputError('a policy module must have a default export', { position: { file: name } });
      }
      return { file: name, create: module.default };
    }),
  );
}

async function importModule(name: string): Promise<{ readonly default?: unknown }> {
  const target = moduleFile(policyFile(name));
  try {
    return (await import(pathToFileURL(target).href)) as { readonly default?: unknown };
  } catch (error) {
    const position = { file: name };
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && name.endsWith('.ts')) {
      throw new InputError(`Node ${process.versions.node} does not run TypeScript by itself`, {
        position,
        suggestion: 'use Node 22.18 or later, or compile the module and name the .js file',
      });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot be loaded as a policy module: ${reason.split('\n')[0]}`, {
      position,
      suggestion: /'paretune'/.test(reason)
        ? 'install paretune in the project of the module: `npm install paretune`'
        : 'it must be an ES module that this Node can run',
    });
  }
}

/** Policies that ship with paretune are compiled next to it: strategies/x.ts → dist/strategies/x.js. */
function moduleFile(file: string): string {
  if (!COMPILED || !file.endsWith('.ts') || !existsSync(file)) return file;
  const real = realpathSync(file);
  if (!isInside(ROOT, real)) return file;
  const compiled = resolve(ROOT, 'dist', relative(ROOT, real).replace(/\.ts$/, '.js'));
  return existsSync(compiled) ? compiled : file;
}

function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return !path.startsWith('..') && !isAbsolute(path);
}
