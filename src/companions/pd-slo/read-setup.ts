import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { placed } from '../../document/yaml.ts';
import { readEndpointPickerConfig } from '../../simulators/pd-slo/endpoint-picker-config.ts';
import { isEndpointPickerDocument, isStockPicker } from '../../simulators/pd-slo/endpoint-picker-schema.ts';
import { type ReadConfig, readPdSloConfig } from '../../simulators/pd-slo/read-config.ts';
import { runNeeds } from '../../simulators/pd-slo/run-needs.ts';
import { requireAffordable } from '../../simulators/run-bounds.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';

/** Reads a file of llm-d's own router: its text and name → keys of a configuration, and notices. */
export type ReadStockPicker = (
  text: string,
  file: string,
) => { readonly config: JsonObject; readonly notices: readonly string[] };

/**
 * A configuration from a file, or from an EndpointPickerConfig document, with a pair optimizer or without.
 * @param over - values given elsewhere: they win over the file
 * @throws InputError; problems of the file have a position in it, those of `over` have none
 */
export function readSetup(file: string | undefined, over: JsonObject, readStock: ReadStockPicker): ReadConfig {
  const alone = readPdSloConfig(over, null, []);
  if (file === undefined) return affordable(alone);
  const source = readYamlFile(file);
  const { value } = source;
  if (isStockPicker(value)) {
    const { config, notices } = readStock(source.text, file);
    const read = readPdSloConfig(combine(config, over), null, []);
    return affordable({ ...read, notices: [...notices, ...read.notices] });
  }
  if (isEndpointPickerDocument(value)) {
    placed(source, 0, () => readEndpointPickerConfig(value));
    return affordable(readPdSloConfig({ ...over, endpoint_picker: value }, null, []));
  }
  return placed(source, 0, () =>
    affordable(readPdSloConfig(isJsonObject(value) ? combine(value, over) : value, null, [])),
  );
}

function affordable(read: ReadConfig): ReadConfig {
  requireAffordable(runNeeds(read));
  return read;
}

/** Top-level maps of both are joined, everything else is replaced. */
function combine(below: JsonObject, above: JsonObject): JsonObject {
  const joined: Record<string, Json> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = joined[key];
    joined[key] = isJsonObject(old) && isJsonObject(value) ? { ...old, ...value } : value;
  }
  return joined;
}
