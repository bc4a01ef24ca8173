import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { InputError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { BASE_SCENARIO } from '../simulators/kvsched/base-scenario.ts';
import { mergeScenario } from '../simulators/kvsched/merge-scenario.ts';
import { readScenario, requireKeys } from '../simulators/kvsched/read-scenario.ts';
import type { Fidelity, Scenario } from '../simulators/kvsched/scenario.ts';
import { placed, readYamlFile, type YamlSource } from '../study/io/yaml-file.ts';

export interface ScenarioFile {
  readonly file: string;
  readonly source: YamlSource;
  readonly scenario: Scenario;
  /** Ticks, seed and scheduler that the scenario file itself names, not its base. */
  readonly own: { readonly ticks?: number; readonly seed?: number; readonly scheduler?: string };
}

export interface ScenarioOptions {
  /** Null is the built-in base. */
  readonly base: string | null;
  readonly fidelity: Fidelity;
  /** Keys laid over the scenario. */
  readonly over: JsonObject;
}

/** Reads a scenario over its base. @throws InputError with file, line and key */
export function loadScenarioFile(file: string, options: ScenarioOptions): ScenarioFile {
  const source = readYamlFile(file);
  const base = options.base === null ? BASE_SCENARIO : readBase(options.base);
  const scenario = placed(source, 0, () => {
    const document = inWrittenOrder(source);
    const merged = mergeScenario(base, document, options.fidelity);
    const read = readScenario({ ...merged, ...options.over });
    // Only an explicit base, or the published program's merge, may supply what a scenario leaves out.
    requireKeys(options.base === null && options.fidelity === 'wired' ? (document as JsonObject) : merged);
    return read;
  });
  const document = source.value as JsonObject;
  const { ticks, seed, scheduler } = scenario.defaults;
  return {
    file,
    source,
    scenario,
    own: {
      ...('ticks' in document && ticks !== null ? { ticks } : {}),
      ...('seed' in document && seed !== null ? { seed } : {}),
      ...('scheduler' in document && scheduler !== null ? { scheduler } : {}),
    },
  };
}

/**
 * Scenario files named by a list of files and folders, sorted by name within a folder.
 * @throws InputError when nothing is there
 */
export function scenarioFiles(list: readonly string[]): readonly string[] {
  const files = list.flatMap((place) => {
    const kind = statSync(place, { throwIfNoEntry: false });
    if (kind === undefined)
      throw new InputError('not found', { position: { file: place }, suggestion: 'check the path' });
    if (!kind.isDirectory()) return [place];
    const inside = readdirSync(place).filter((name) => /\.ya?ml$/.test(name));
    if (inside.length === 0) throw new InputError('the folder holds no *.yaml file', { position: { file: place } });
    return inside.sort().map((name) => join(place, name));
  });
  if (files.length === 0) throw new InputError('--scenarios needs at least one file or folder');
  return [...new Set(files)];
}

/** Name of a scenario file in messages. */
export function shortName(file: string): string {
  return basename(file);
}

function readBase(file: string): JsonObject {
  const source = readYamlFile(file);
  return placed(source, 0, () => {
    if (isJsonObject(source.value)) return source.value;
    throw new InputError('a base scenario must be a map of keys');
  });
}

const ORDERED = ['prompt_tokens_dist', 'max_new_tokens_dist'];

/** JavaScript sorts integer keys; distributions written in another order become lists of pairs. */
function inWrittenOrder({ text, value }: YamlSource): Json {
  const workload = isJsonObject(value) ? value['workload'] : undefined;
  if (!isJsonObject(value) || !isJsonObject(workload)) return value;
  const document = parseDocument(text, { version: '1.2' });
  const ordered: Record<string, Json> = {};
  for (const key of ORDERED) {
    const node = document.getIn(['workload', key], true);
    const written = workload[key];
    if (!isMap(node) || !isJsonObject(written)) continue;
    const keys = (node as YAMLMap).items.map(({ key: item }) => Number(isScalar(item) ? item.value : item));
    const ascending = keys.every((item, index) => index === 0 || item > keys[index - 1]!);
    if (!ascending && keys.every(Number.isFinite)) ordered[key] = keys.map((item) => [item, written[String(item)]!]);
  }
  return { ...value, workload: { ...workload, ...ordered } };
}
