import { readdirSync } from 'node:fs';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { BASE_SCENARIO } from '../../../src/simulators/kvsched/base-scenario.ts';
import { mergeScenario } from '../../../src/simulators/kvsched/merge-scenario.ts';
import { readScenario } from '../../../src/simulators/kvsched/read-scenario.ts';
import type { Fidelity, Scenario } from '../../../src/simulators/kvsched/scenario.ts';
import {
  type RunSettings,
  resolvePolicy,
  resolveWeights,
  type SchedulerName,
} from '../../../src/simulators/kvsched/settings.ts';
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
