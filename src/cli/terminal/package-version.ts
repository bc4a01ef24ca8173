import { readFileSync } from 'node:fs';

/** Root of the package, seen from source and from dist alike. */
export function packageFile(name: string): URL {
  const here = import.meta.url;
  return new URL(`${here.endsWith('.ts') ? '../../..' : '../../../..'}/${name}`, here);
}

export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
