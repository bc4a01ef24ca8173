import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { orderedValue, placed, type YamlSource } from '../../document/yaml.ts';
import { BASE_SCENARIO } from '../../simulators/kvsched/base-scenario.ts';
import { mergeScenario } from '../../simulators/kvsched/merge-scenario.ts';
import { readRunnableScenario, readScenario, withoutBorrowedKeys } from '../../simulators/kvsched/read-scenario.ts';
import type { Fidelity, Scenario, WeightedValues } from '../../simulators/kvsched/scenario.ts';
import type { SchedulerName } from '../../simulators/kvsched/scheduler-names.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';

export interface ScenarioFile {
  readonly file: string;
  readonly source: YamlSource;
  readonly scenario: Scenario;
  /** Ticks, seed and scheduler that the scenario file itself names, not its base. */
  readonly own: { readonly ticks?: number; readonly seed?: number; readonly scheduler?: SchedulerName };
}

export interface ScenarioOptions {
  /** Null is the built-in base. */
  readonly base: string | null;
  readonly fidelity: Fidelity;
  /** Keys laid over the scenario. */
  readonly over: JsonObject;
  /** Whether links must end at nodes that exist (the default), or may end anywhere. */
  readonly links?: 'between-nodes' | 'any';
}

/** Reads a scenario over its base. @throws InputError with file, line and key */
export function loadScenarioFile(file: string, options: ScenarioOptions): ScenarioFile {
  const own = readYamlFile(file);
  const baseSource = options.base === null ? null : readBase(options.base);
  const source = baseSource === null ? own : locatingInBase(own, baseSource, options.fidelity);
  const base = baseSource === null ? BASE_SCENARIO : (baseSource.value as JsonObject);
  const read = placed(source, 0, () => {
    const merged = mergeScenario(base, source.value, options.fidelity);
    // Only an explicit base, or the published program's merge, may supply what a scenario leaves out.
    const borrows = options.base !== null || options.fidelity === 'legacy';
    const document = { ...(borrows ? merged : withoutBorrowedKeys(merged, source.value)), ...options.over };
    return options.links === 'any' ? readScenario(document) : readRunnableScenario(document);
  });
  const written = baseSource === null ? [source] : [baseSource, source];
  const scenario = inWrittenOrder(read, written, options.fidelity);
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

function readBase(file: string): YamlSource {
  const source = readYamlFile(file);
  return placed(source, 0, () => {
    if (isJsonObject(source.value)) return source;
    throw new InputError('a base scenario must be a map of keys');
  });
}

/** The scenario; values that only its base has are located in the base. */
function locatingInBase(own: YamlSource, base: YamlSource, fidelity: Fidelity): YamlSource {
  const locate: YamlSource['locate'] = (path) => {
    let [above, below]: [Json | undefined, Json | undefined] = [own.value, base.value];
    for (const step of path) {
      if (!isJsonObject(above) || !isJsonObject(below)) break;
      if (!Object.hasOwn(above, step)) return (Object.hasOwn(below, step) ? base : own).locate(path);
      if (fidelity === 'wired' && step === 'nodes') break;
      [above, below] = [above[step], below[step]];
    }
    return own.locate(path);
  };
  return { ...own, locate };
}

/**
 * JavaScript objects sort integer keys; here the nodes and the values of the distributions return to the order of the
 * files, base first.
 */
function inWrittenOrder(scenario: Scenario, sources: readonly YamlSource[], fidelity: Fidelity): Scenario {
  const documents = sources.map(({ text }) => orderedValue(text));
  const own = keysAt(documents.at(-1), ['nodes']);
  const nodes = fidelity === 'wired' && own.length > 0 ? own : mergedKeys(documents, ['nodes']);
  const { workload } = scenario;
  const ordered = (values: WeightedValues, key: string): WeightedValues =>
    sortedLike(values, ([value]) => value, mergedKeys(documents, ['workload', key]).map(Number));
  return {
    ...scenario,
    nodes: sortedLike(scenario.nodes, ({ id }) => id, nodes),
    workload: {
      ...workload,
      promptTokens: ordered(workload.promptTokens, 'prompt_tokens_dist'),
      maxNewTokens: ordered(workload.maxNewTokens, 'max_new_tokens_dist'),
    },
  };
}

function mergedKeys(documents: readonly unknown[], path: readonly string[]): readonly string[] {
  return [...new Set(documents.flatMap((document) => keysAt(document, path)))];
}

/** Keys of the map at `path`; none where there is no map. */
function keysAt(document: unknown, path: readonly string[]): readonly string[] {
  let value = document;
  for (const key of path) value = value instanceof Map ? value.get(key) : undefined;
  return value instanceof Map ? [...value.keys()].map(String) : [];
}

/** Items in the order of their keys in `order`; those that it does not name stay ahead, as they are. */
function sortedLike<T, K>(items: readonly T[], keyOf: (item: T) => K, order: readonly K[]): readonly T[] {
  const rank = new Map(order.map((key, index) => [key, index]));
  const rankOf = (item: T): number => rank.get(keyOf(item)) ?? -1;
  return [...items].sort((a, b) => rankOf(a) - rankOf(b));
}
