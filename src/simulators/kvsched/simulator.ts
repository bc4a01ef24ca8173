import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { PreparedSimulation, SimulationInput, Simulator } from '../simulator.ts';
import { BASE_SCENARIO } from './base-scenario.ts';
import { Fields } from './fields.ts';
import { gpuWarnings } from './gpu-latency.ts';
import { mergeScenario } from './merge-scenario.ts';
import { checkNetworkEnds, readRoles, readScenario, requireKeys } from './read-scenario.ts';
import type { Fidelity, Scenario } from './scenario.ts';
import { type RunSettings, readPolicy, readWeights, resolvePolicy, resolveWeights, schedulerName } from './settings.ts';
import { simulate } from './simulate.ts';
import { METRICS, summarize } from './summary.ts';

const CONFIG_KEYS = ['scheduler', 'weights', 'policy', 'ticks', 'fidelity', 'strict_network', 'decode_roles'];
const DEFAULT_TICKS = 1000;

/**
 * KV-aware scheduling for disaggregated prefill and decode. The configuration names the scheduler, its weights and
 * its policy; the workload is a scenario document.
 */
export function createKvschedSimulator(): Simulator {
  return {
    name: 'kvsched',
    description: 'KV-aware scheduling of disaggregated prefill and decode over a network, one request per tick',
    prepare,
  };
}

function prepare({ config, workload }: SimulationInput): PreparedSimulation {
  const fields = new Fields(config, ['config'], CONFIG_KEYS);
  const fidelity: Fidelity = fields.choice('fidelity', ['legacy', 'wired'], 'wired');
  const scenario = within('workload', () => checkedScenario(workload, fidelity, fields));
  const strict = fields.flag('strict_network', false);
  const settings: Omit<RunSettings, 'seed'> = {
    scheduler: schedulerName(
      fields.has('scheduler') ? fields.text('scheduler') : 'kv_heuristic',
      fields.at('scheduler'),
    ),
    ticks: fields.number('ticks', { fallback: scenario.defaults.ticks ?? DEFAULT_TICKS, integer: true, min: 1 }),
    fidelity,
    links: strict ? (fidelity === 'legacy' ? 'error' : 'skip') : 'relaxed',
    weights: resolveWeights(
      scenario.defaults.weights,
      fields.has('weights') ? readWeights(fields.raw('weights'), fields.at('weights')) : {},
    ),
    policy: resolvePolicy(
      scenario,
      scenario.defaults.policy,
      fields.has('policy') ? readPolicy(fields.raw('policy'), fields.at('policy')) : {},
    ),
  };
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

/** The scenario over the built-in base; it must say itself what it simulates. */
function checkedScenario(workload: Json, fidelity: Fidelity, config: Fields): Scenario {
  if (!isJsonObject(workload)) throw new InputError('needs a scenario document', { suggestion: 'name its file' });
  // Ticks of the built-in base are for demonstration runs, not for studies.
  const { ticks: _, ...base } = BASE_SCENARIO as JsonObject & { readonly ticks: number };
  const scenario = readScenario(mergeScenario(base, workload, fidelity));
  requireKeys(workload);
  checkNetworkEnds(scenario);
  if (!config.has('decode_roles')) return scenario;
  return { ...scenario, decodeRoles: readRoles(config.raw('decode_roles'), config.at('decode_roles')) };
}

function within<T>(root: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => (problem.path[0] === 'config' ? problem : problem.at({ prefix: [root] })));
  }
}
