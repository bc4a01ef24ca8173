import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTextFile } from './text-file.ts';

/** A module that a policy module imports, itself or through another one. */
export interface ImportedModule {
  /** As seen from the folder of the policy module. */
  readonly file: string;
  readonly text: string;
}

/** `from './x'`, `import './x'`, `import('./x')`, `require('./x')`: packages are what is installed, and not followed. */
const SPECIFIER = /\b(?:from|import|require)\s*\(?\s*(['"`])((?:\.{1,2}\/|\/|file:)[^'"`]*)\1/g;

/** No policy is larger. */
const LARGEST_MIB = 16;

/**
 * All modules that a policy module imports by path, in the order of their names.
 * @param isPartOfProgram - modules that need not be followed: the version of the program stands for them
 */
export function importedModules(
  entry: string,
  isPartOfProgram: (file: string) => boolean = () => false,
): readonly ImportedModule[] {
  const first = resolve(entry);
  const texts = new Map([[first, readTextFile(first, LARGEST_MIB)]]);
  for (const [file, text] of texts) {
    for (const [, , specifier] of text.matchAll(SPECIFIER)) {
      const target = existing(targetOf(file, specifier!));
      if (target === null || texts.has(target) || isPartOfProgram(target)) continue;
      texts.set(target, readTextFile(target, LARGEST_MIB));
    }
  }
  texts.delete(first);
  return [...texts]
    .map(([file, text]) => ({ file: relative(dirname(first), file), text }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Text of an imported module as it is today; undefined where there is none. */
export function importedText(entry: string, { file }: Pick<ImportedModule, 'file'>): string | undefined {
  const target = join(dirname(resolve(entry)), file);
  return existsSync(target) ? readTextFile(target, LARGEST_MIB) : undefined;
}

function targetOf(from: string, specifier: string): string {
  const path = specifier.replace(/[?#].*$/s, '');
  if (!path.startsWith('file:')) return resolve(dirname(from), path);
  try {
    return fileURLToPath(path);
  } catch {
    return from;
  }
}

/** TypeScript sources may be named by what they compile to. */
function existing(target: string): string | null {
  const names = [target, target.replace(/\.([cm]?)js$/, '.$1ts')];
  return names.find((name) => existsSync(name)) ?? null;
}
