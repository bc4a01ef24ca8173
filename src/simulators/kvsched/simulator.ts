import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { type Need, requireAffordable } from '../run-bounds.ts';
import type { PreparedSimulation, SimulationInput, Simulator } from '../simulator.ts';
import { BASE_SCENARIO } from './base-scenario.ts';
import { gpuWarnings } from './gpu-latency.ts';
import { mergeScenario } from './merge-scenario.ts';
import { readRunnableScenario, withoutBorrowedKeys } from './read-scenario.ts';
import { runNeeds } from './run-needs.ts';
import type { Fidelity, Scenario } from './scenario.ts';
import { type RunSettings, resolvePolicy, resolveWeights } from './settings.ts';
import { kvschedConfig } from './settings-schema.ts';
import { simulate } from './simulate.ts';
import { METRICS, summarize } from './summary.ts';

const DEFAULT_TICKS = 1000;

/**
 * KV-aware scheduling for disaggregated prefill and decode. The configuration names the scheduler, its weights and
 * its policy; the workload is a scenario document.
 */
export function createKvschedSimulator(): Simulator {
  return {
    name: 'kvsched',
    description: 'KV-aware scheduling of disaggregated prefill and decode over a network, one request per tick',
    vocabulary: METRICS,
    prepare,
  };
}

function prepare({ config: written, workload, limits }: SimulationInput): PreparedSimulation {
  const config = within('config', () => parseWith(kvschedConfig, written));
  const { fidelity, strict_network: strict, decode_roles: roles } = config;
  const own = within('workload', () => checkedScenario(workload, fidelity));
  const scenario = roles === null ? own : { ...own, decodeRoles: roles };
  const settings: Omit<RunSettings, 'seed'> = {
    scheduler: config.scheduler,
    ticks: config.ticks ?? scenario.defaults.ticks ?? DEFAULT_TICKS,
    fidelity,
    links: strict ? (fidelity === 'legacy' ? 'error' : 'skip') : 'relaxed',
    weights: resolveWeights(scenario.defaults.weights, config.weights),
    policy: resolvePolicy(scenario, scenario.defaults.policy, config.policy),
  };
  requireAffordable(placedNeeds(scenario, settings.ticks, config.ticks === null ? 'workload' : 'config'), limits);
  const warnings = gpuWarnings(scenario);
  return {
    metrics: METRICS,
    run: ({ seed, fidelity: share }) => {
      const ticks = Math.max(1, Math.round(settings.ticks * share));
      const record = within('workload', () => simulate(scenario, { ...settings, seed, ticks }));
      return {
        kind: 'measured',
        metrics: { ...summarize(record) },
        diagnostics: { scenario: scenario.id, ticks, ...(warnings.length > 0 ? { warnings } : {}) },
      };
    },
  };
}

/** @param source - the document that says how many requests there are */
function placedNeeds(scenario: Scenario, ticks: number, source: 'config' | 'workload'): readonly Need[] {
  const [requests, ...others] = runNeeds(scenario, ticks, ['ticks']);
  return [
    { ...requests!, path: [source, ...requests!.path] },
    ...others.map((need) => ({ ...need, path: ['workload', ...need.path] })),
  ];
}

/** The scenario over the built-in base; it must say itself what it simulates. */
function checkedScenario(workload: Json, fidelity: Fidelity): Scenario {
  if (!isJsonObject(workload)) throw new InputError('needs a scenario document', { suggestion: 'name its file' });
  // Ticks of the built-in base are for demonstration runs, not for studies.
  const { ticks: _, ...base } = BASE_SCENARIO as JsonObject & { readonly ticks: number };
  return readRunnableScenario(withoutBorrowedKeys(mergeScenario(base, workload, fidelity), workload));
}

function within<T>(root: 'config' | 'workload', body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: [root] }) : error;
  }
}
