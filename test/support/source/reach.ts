import { resolveFrom, type SourceFile } from './read-source.ts';

/** Names of the files that a program which starts with `entries` may load: types alone load nothing. */
export function loadedFrom(files: readonly SourceFile[], entries: readonly string[]): ReadonlySet<string> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const loaded = new Set(entries);
  for (const name of loaded)
    for (const { specifier, typeOnly } of byName.get(name)?.imports ?? [])
      if (!typeOnly && specifier?.startsWith('.')) loaded.add(resolveFrom(name, specifier));
  return loaded;
}
