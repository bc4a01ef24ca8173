import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the package, seen from source and from dist alike. */
export function packageFile(name: string): URL {
  const here = import.meta.url;
  return new URL(`${here.endsWith('.ts') ? '../../..' : '../../../..'}/${name}`, here);
}

export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * The file that a user means: one of the working folder, else one that ships with paretune: a study by its name
 * (`quickstart`, `overload/cross-layer`), any other document by its path in the package (`strategies/kvsched.yaml`).
 * A name that is neither comes back as it is.
 */
export function documentFile(name: string): string {
  if (isFile(name)) return name;
  const shipped = [`studies/${name}.yaml`, name].map((one) => join(fileURLToPath(packageFile('.')), one));
  return shipped.find(isFile) ?? name;
}

function isFile(name: string): boolean {
  return existsSync(name) && statSync(name).isFile();
}
