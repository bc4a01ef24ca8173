import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { type CloudEdgeConfig, simulationConfig } from './config-schema.ts';

/**
 * Checks a flat map of overrides and lays it over the defaults of its mode.
 * @throws InputError with the offending keys as paths
 */
export function parseConfig(document: Json): CloudEdgeConfig {
  return parseWith(simulationConfig, document);
}
