import { isAbsolute, relative, resolve } from 'node:path';
import type { YamlSource } from '../../document/yaml.ts';
import type { PlanSource } from '../plan/plan-sources.ts';

/** Names in plans and messages are relative to the working folder where possible: no machine paths in records. */
export function shownSource(source: YamlSource): PlanSource {
  const file = shownName(source.file);
  return { ...source, file, locate: (path) => ({ ...source.locate(path), file }) };
}

function shownName(file: string): string {
  const name = relative(process.cwd(), resolve(file));
  return name.startsWith('..') || isAbsolute(name) ? (file.split('/').at(-1) ?? file) : name;
}
