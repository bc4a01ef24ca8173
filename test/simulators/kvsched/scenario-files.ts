import { readdirSync } from 'node:fs';
import { InputError } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { BASE_SCENARIO } from '../../../src/simulators/kvsched/base-scenario.ts';
import { mergeScenario } from '../../../src/simulators/kvsched/merge-scenario.ts';
import { readScenario } from '../../../src/simulators/kvsched/read-scenario.ts';
import type { Fidelity, Scenario } from '../../../src/simulators/kvsched/scenario.ts';
import type { SchedulerName } from '../../../src/simulators/kvsched/scheduler-names.ts';
import { type RunSettings, resolvePolicy, resolveWeights } from '../../../src/simulators/kvsched/settings.ts';
import { simulate } from '../../../src/simulators/kvsched/simulate.ts';
import { type Summary, summarize } from '../../../src/simulators/kvsched/summary.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';

const FOLDER = new URL('../../../studies/kvsched/scenarios/', import.meta.url);

/** Names of the scenarios that the product ships. */
export function shippedScenarios(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace(/\.yaml$/, ''))
    .sort();
}

/** Those in which a request may be decoded where its prompt was computed: to stay is a choice of the scheduler. */
export function freeScenarios(): readonly string[] {
  return shippedScenarios().filter((name) => !('decode_roles' in (scenarioDocument(name) as JsonObject)));
}

export function scenarioDocument(name: string): Json {
  return readYamlFile(new URL(`${name}.yaml`, FOLDER).pathname).value;
}

export function loadScenario(name: string, fidelity: Fidelity, over: JsonObject = {}): Scenario {
  const document = scenarioDocument(name) as JsonObject;
  return readScenario(mergeScenario(BASE_SCENARIO, { ...document, ...over }, fidelity));
}

/** Default weights, hysteresis 5, prefetch on, no overlap, relaxed links, 1000 ticks. */
export function settingsFor(
  scenario: Scenario,
  scheduler: SchedulerName,
  over: Partial<RunSettings> & Pick<RunSettings, 'fidelity'>,
): RunSettings {
  return {
    scheduler,
    ticks: 1000,
    seed: 0,
    links: 'relaxed',
    weights: resolveWeights(),
    policy: resolvePolicy(scenario, { enableOverlap: false }),
    ...over,
  };
}

export function run(
  name: string,
  scheduler: SchedulerName,
  over: Partial<RunSettings> & Pick<RunSettings, 'fidelity'>,
): Summary {
  const scenario = loadScenario(name, over.fidelity);
  return summarize(simulate(scenario, settingsFor(scenario, scheduler, over)));
}

export type Place = readonly (string | number)[];

/** The document with values replaced; `undefined` removes one. */
export function edited(document: JsonObject, edits: readonly (readonly [Place, Json | undefined])[]): JsonObject {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const [path, value] of edits) {
    let node = copy;
    for (const step of path.slice(0, -1)) node = node[step] as Record<string, unknown>;
    if (value === undefined) delete node[path.at(-1)!];
    else node[path.at(-1)!] = value;
  }
  return copy as JsonObject;
}

/** What `body` complains of. */
export function complaint(body: () => unknown): InputError {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('no complaint');
}
