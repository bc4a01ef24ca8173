import { InputError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { type ExportedStrategy, positive } from './export-blis.ts';

/** llm-d plugins of router v0.10: what a scorer is called there, and what produces its input. */
const PLUGINS: Readonly<Record<string, readonly string[]>> = {
  'prefix-affinity': ['approx-prefix-cache-producer', 'prefix-cache-scorer'],
  'queue-depth': ['queue-scorer'],
  'kv-utilization': ['kv-cache-utilization-scorer'],
  'no-hit-lru': ['no-hit-lru-scorer'],
  'active-requests': ['active-request-scorer'],
  'running-requests': ['running-requests-size-scorer'],
  'load-aware': ['load-aware-scorer'],
};

/**
 * The routing part of a strategy as llm-d's EndpointPickerConfig. Everything else of the strategy is configured at the
 * engines.
 * @throws InputError for scorers without a counterpart, and for policy modules
 */
export function toEndpointPickerConfig({ policies, config }: ExportedStrategy): JsonObject {
  if (policies.length > 0) {
    throw new InputError(`llm-d cannot express policy module ${policies.join(', ')}`);
  }
  const scorers = positive((isJsonObject(config) ? config['routing_scorers'] : null) ?? []);
  if (scorers.length === 0) throw new InputError('the strategy has no weighted scorers to export');
  const missing = scorers.find(({ name }) => !Object.hasOwn(PLUGINS, name));
  if (missing !== undefined) {
    throw new InputError(`llm-d has no plugin for scorer ${shortText(missing.name)}`, {
      suggestion: `known: ${Object.keys(PLUGINS).join(', ')}`,
    });
  }
  const types = [...scorers.flatMap(({ name }) => PLUGINS[name]!), 'max-score-picker'];
  return {
    apiVersion: 'llm-d.ai/v1alpha1',
    kind: 'EndpointPickerConfig',
    plugins: types.map((type) => ({ type })),
    schedulingProfiles: [
      {
        name: 'default',
        plugins: [
          ...scorers.map(({ name, weight }) => ({ pluginRef: PLUGINS[name]!.at(-1)!, weight })),
          { pluginRef: 'max-score-picker' },
        ],
      },
    ],
  };
}
