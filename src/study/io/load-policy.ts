import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError } from '../../base/errors.ts';
import type { PolicyModule } from '../../simulators/simulator.ts';
import { packageFile } from './package-file.ts';
import { type ImportedModule, importedModules, importedText } from './policy-imports.ts';
import { readTextFile } from './text-file.ts';

const COMPILED = !import.meta.url.endsWith('.ts');
const ROOT = resolve(fileURLToPath(packageFile('.')));
/** Starts the names of modules that ship with paretune, wherever it is installed. */
const SHIPPED = 'paretune:';

/** Name of a policy module in records and messages: relative to the working folder, or to the package it ships with. */
export function policyName(file: string): string {
  const target = resolve(file);
  const isPackaged = isInside(ROOT, target) && process.cwd() !== ROOT;
  return isPackaged ? `${SHIPPED}${relative(ROOT, target)}` : relative(process.cwd(), target);
}

/** Where the module of this name is: a name is no path, and holds in this working folder alone. */
export function policyFile(name: string): string {
  return name.startsWith(SHIPPED) ? resolve(ROOT, name.slice(SHIPPED.length)) : resolve(name);
}

/** Where a module lies seen from the folder of a run, so that the record holds in every working folder; null = shipped. */
export function policyFromRun(name: string, folder: string): string | null {
  return name.startsWith(SHIPPED) ? null : relative(resolve(folder), policyFile(name));
}

interface RecordedPolicy {
  readonly file: string;
  readonly text: string;
  readonly from_run?: string | null;
}

/**
 * Name today of a module that a run recorded: of the file with the recorded text, where one of both ways leads there.
 * @param recorded - `from_run` as `policyFromRun` gave it; absent in older records
 * @returns `besideRun` where only its place beside the run leads there, and no project holds it and the working folder
 */
export function recordedPolicy(recorded: RecordedPolicy, folder: string): { readonly file: string; besideRun?: true } {
  const { file, text, from_run: fromRun } = recorded;
  if (file.startsWith(SHIPPED)) return { file };
  const named = policyFile(file);
  const moved = fromRun == null ? [] : [resolve(folder, fromRun)];
  const found = [named, ...moved].filter((one) => existsSync(one));
  const same = found.find((one) => readTextFile(one) === text) ?? found[0];
  if (same === undefined) return { file };
  const project = markedRoot(process.cwd());
  const isOwn = same === named || isInside(ROOT, same) || (project !== null && isInside(project, same));
  return { file: policyName(same), ...(isOwn ? {} : { besideRun: true as const }) };
}

/** Files that mark the root of a project. */
const PROJECT_MARKS = ['package.json', '.git'];

/** Whether a module lies neither in the project of the strategy that names it nor with paretune itself. */
export function isOutsideProject(file: string, strategyFolder: string): boolean {
  const target = resolve(file);
  return !isInside(ROOT, target) && !isInside(projectRoot(resolve(strategyFolder)), target);
}

/** The nearest folder with a mark; without one, the folder itself. */
function projectRoot(folder: string): string {
  return markedRoot(folder) ?? folder;
}

function markedRoot(folder: string): string | null {
  return foldersFrom(folder).find((at) => PROJECT_MARKS.some((mark) => existsSync(join(at, mark)))) ?? null;
}

/** A folder and all above it. */
export function foldersFrom(folder: string): readonly string[] {
  const folders = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
}

/** Whether a module comes with paretune. */
export function isShipped(name: string): boolean {
  return isInside(ROOT, policyFile(name));
}

/** Whether a module is one of the program's own strategies, which its tests hold to what is asked of a policy. */
export function isOwnPolicy(name: string): boolean {
  const file = policyFile(name);
  return existsSync(file) && isInside(join(ROOT, 'strategies'), realpathSync(file));
}

/** What a module imports by path, but for paretune itself. */
export function policyImports(file: string): readonly ImportedModule[] {
  return importedModules(file, (target) => isInside(join(ROOT, 'src'), target) || isInside(join(ROOT, 'dist'), target));
}

/** Text today of what a module imports; undefined where there is no such file. */
export function policyImportText(name: string, imported: Pick<ImportedModule, 'file'>): string | undefined {
  return importedText(policyFile(name), imported);
}

/** Text of a policy module; undefined where there is no such file. */
export function policyText(name: string): string | undefined {
  const file = policyFile(name);
  return existsSync(file) ? readTextFile(file) : undefined;
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
