import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import { formatYaml, parseYaml, placed, type YamlSource } from '../../document/yaml.ts';
import { expandServegen } from '../../simulators/workload/expand-servegen.ts';
import type { ChunkFiles } from '../../simulators/workload/servegen/chunk.ts';
import { SERVEGEN_KEY, type ServegenSection, servegenSection } from '../../simulators/workload/servegen-section.ts';
import { readTextFile } from './text-file.ts';

const TRACE = /^chunk-.*-trace\.csv$/;

/** The chunks of a folder in the order of the names of their files, as text. @throws InputError where it has none */
export function readServegenFolder(folder: string): readonly ChunkFiles[] {
  const traces = listFolder(folder)
    .filter((name) => TRACE.test(name))
    .sort();
  if (traces.length === 0) throw new InputError('has no chunk-*-trace.csv', { position: { file: folder } });
  return traces.map((name) => {
    const traceFile = join(folder, name);
    const datasetFile = traceFile.replace(/-trace\.csv$/, '-dataset.json');
    return { traceFile, trace: readTextFile(traceFile), datasetFile, dataset: readTextFile(datasetFile) };
  });
}

export interface ServegenReading {
  /** Folders that a relative path may start from, the first in which there is such a folder wins. Default: the file's. */
  readonly from?: readonly string[];
  /** In place of the document's. */
  readonly seed?: bigint | null;
}

/** A workload file with the cohorts that its section `servegen_data` stands for; the same where it has none. */
export function withServegenData(
  source: YamlSource,
  { from = [dirname(source.file)], seed = null }: ServegenReading = {},
): { readonly source: YamlSource; readonly notes: readonly string[] } {
  const { value } = source;
  const section = placed(source, 0, () => servegenSection(value));
  if (section === null || !isJsonObject(value)) return { source, notes: [] };
  const files = placed(source, 0, () => readServegenFolder(folderOf(section, from)));
  const { document, notes } = placed(source, 0, () => expandServegen(value, { section, files, seed }));
  const text = formatYaml(document);
  const written = parseYaml(text, source.file);
  const ownCohorts = Array.isArray(value['cohorts']) ? value['cohorts'].length : 0;
  return {
    source: {
      ...written,
      locate: (path) =>
        path[0] === 'cohorts' && Number(path[1]) >= ownCohorts ? source.locate([SERVEGEN_KEY]) : source.locate(path),
    },
    notes,
  };
}

function folderOf({ path }: ServegenSection, from: readonly string[]): string {
  if (isAbsolute(path)) return path;
  const folders = [...new Set(from.map((folder) => join(folder, path)))];
  const found = folders.find((folder) => existsSync(folder));
  if (found !== undefined) return found;
  throw new InputError(`no folder ${path}`, {
    path: [SERVEGEN_KEY, 'path'],
    suggestion: `looked for ${folders.join(' and ')}`,
  });
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new InputError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { position: { file: folder } });
  }
}
