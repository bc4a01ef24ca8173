import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { findProblems, joinProblems, type Problem, valueAt } from './config-problems.ts';
import { type PdSloConfig, type PodConfig, pdSloConfigSchema } from './config-schema.ts';
import { isEndpointPickerDocument, readEndpointPickerConfig } from './endpoint-picker-config.ts';
import { scenarioConfig } from './scenario.ts';

export interface ReadConfig {
  readonly config: PdSloConfig;
  readonly prefillPods: readonly PodConfig[];
  readonly decodePods: readonly PodConfig[];
  readonly notices: readonly string[];
}

/**
 * Reads a configuration: a scenario's values, over them the `endpoint_picker` document's, over them the file's own,
 * over its workload the workload document's. An EndpointPickerConfig document alone is a configuration too.
 * @param root - where the document stands: the start of the paths in messages
 * @throws InputError with every problem; paths start with `root`, or with `workload`
 */
export function readPdSloConfig(
  document: Json,
  workload: Json = null,
  root: readonly string[] = ['config'],
): ReadConfig {
  const own = isEndpointPickerDocument(document) ? { endpoint_picker: document } : (document ?? {});
  if (!isJsonObject(own)) throw new InputError(`must be a map of keys, got ${JSON.stringify(own)}`, { path: root });
  if (workload !== null && !isJsonObject(workload)) {
    throw new InputError(`must be a map of keys, got ${JSON.stringify(workload)}`, { path: ['workload'] });
  }
  const { scenario = 'balanced', endpoint_picker: picker, ...rest } = own;
  if (typeof scenario !== 'string') {
    throw new InputError(`must be a scenario name, got ${JSON.stringify(scenario)}`, { path: [...root, 'scenario'] });
  }
  const preset = scenarioConfig(scenario, [...root, 'scenario']);
  const read =
    picker === undefined ? null : readPicker(picker, document === picker ? root : [...root, 'endpoint_picker']);
  let merged = merge(preset, merge(read?.config ?? {}, rest));
  if (workload !== null) merged = merge(merged, { workload });
  const locate = (problem: Problem): Problem => placed(problem, workload, root);
  const shape = joinProblems(findProblems(pdSloConfigSchema, merged).map(locate));
  if (shape !== null) throw shape;
  const config = pdSloConfigSchema.parse(merged);
  const pods = config.pods ?? poolPods(config);
  const meaning = joinProblems(crossProblems(config, pods).map(locate));
  if (meaning !== null) throw meaning;
  return {
    config,
    prefillPods: pods.filter(isPrefill),
    decodePods: pods.filter(isDecode),
    notices: [...(read?.notices ?? []), ...ignoredPods(pods)],
  };
}

function readPicker(picker: Json, prefix: readonly string[]): ReturnType<typeof readEndpointPickerConfig> {
  try {
    return readEndpointPickerConfig(picker);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.at({ prefix });
  }
}

/** Maps merge key by key, everything else is replaced; a `transfer` of another kind replaces the old one. */
function merge(below: JsonObject, above: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key];
    merged[key] = isJsonObject(old) && isJsonObject(value) && key !== 'transfer' ? merge(old, value) : value;
  }
  return merged;
}

function placed({ path, message }: Problem, workload: Json, root: readonly string[]): Problem {
  const inWorkload = path[0] === 'workload' && workload !== null && valueAt({ workload }, path) !== undefined;
  return { path: inWorkload ? path : [...root, ...path], message };
}

const isPrefill = ({ role }: PodConfig): boolean => role === 'prefill';
const isDecode = ({ role }: PodConfig): boolean => role === 'decode' || role === 'both';

function poolPods({ pool }: PdSloConfig): PodConfig[] {
  const make =
    (role: string, octet: number) =>
    (speed: number, index: number): PodConfig => ({
      name: `${role}-${index}`,
      role,
      speed,
      address: `10.0.${octet}.${index + 1}`,
      port: 8000,
    });
  return [...pool.prefill.map(make('prefill', 1)), ...pool.decode.map(make('decode', 2))];
}

function crossProblems(config: PdSloConfig, pods: readonly PodConfig[]): Problem[] {
  const key = config.pods === undefined ? 'pool' : 'pods';
  const problems: Problem[] = [];
  if (!pods.some(isPrefill)) problems.push({ path: [key], message: 'needs at least one prefill pod, got none' });
  if (!pods.some(isDecode)) problems.push({ path: [key], message: 'needs at least one decode pod, got none' });
  for (const [index, { name }] of pods.entries()) {
    if (pods.findIndex((pod) => pod.name === name) < index) {
      problems.push({ path: [key, index, 'name'], message: `pod name "${name}" is used twice` });
    }
  }
  return [...problems, ...workloadProblems(config)];
}

function workloadProblems({ workload, latency_scorer: scorer }: PdSloConfig): Problem[] {
  const problems: Problem[] = [];
  for (const key of ['input', 'output'] as const) {
    const { low, high } = workload[key];
    if (low > high) {
      problems.push({
        path: ['workload', key, 'low'],
        message: `low ≤ high must hold, got low ${low} and high ${high}`,
      });
    }
  }
  const { classes } = workload;
  if (!classes.some(({ share }) => share > 0)) {
    problems.push({ path: ['workload', 'classes'], message: 'needs at least one class with share > 0' });
  }
  for (const [index, { name, headers, ttft_ms, tpot_ms }] of classes.entries()) {
    const path = ['workload', 'classes', index];
    if (classes.findIndex((other) => other.name === name) < index) {
      problems.push({ path: [...path, 'name'], message: `class name "${name}" is used twice` });
    }
    if (headers !== undefined && (ttft_ms !== undefined || tpot_ms !== undefined)) {
      problems.push({ path: [...path, 'headers'], message: 'cannot be combined with ttft_ms or tpot_ms' });
    }
  }
  if (scorer.ttft_weight + scorer.tpot_weight === 0) {
    problems.push({ path: ['latency_scorer'], message: 'ttft_weight and tpot_weight must not both be 0' });
  }
  return problems;
}

function ignoredPods(pods: readonly PodConfig[]): string[] {
  return pods
    .filter((pod) => !isPrefill(pod) && !isDecode(pod))
    .map(({ name, role }) => `pod "${name}" has the role "${role}" and takes no part`);
}
