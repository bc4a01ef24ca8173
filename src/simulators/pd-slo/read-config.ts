import { z } from 'zod';
import { InputError, inputErrors } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { ProblemList } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { jsonValue, parsePart, parseWith, valueAt } from '../../document/schema.ts';
import { type PdSloConfig, type PodConfig, scenarioKeys } from './config-schema.ts';
import { readEndpointPickerConfig } from './endpoint-picker-config.ts';
import { isEndpointPickerDocument } from './endpoint-picker-schema.ts';
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
  const { scenario = 'balanced', endpoint_picker: picker, ...rest } = mapping(own, root);
  const load = workload === null ? {} : { workload: mapping(workload, ['workload']) };
  const problems = new ProblemList();
  const preset = problems.attempt(() => readScenario(scenario, [...root, 'scenario']));
  const pickerPath = document === picker ? root : [...root, 'endpoint_picker'];
  const read = picker === undefined ? undefined : problems.attempt(() => readPicker(picker, pickerPath));
  const written = merge(merge(preset ?? {}, merge(read?.config ?? {}, rest)), load);
  const config = problems.attempt(() =>
    parseConfig(written, (path) => (valueAt(load, path) === undefined ? root : [])),
  );
  problems.refuse();
  const pods = podsOf(config!);
  return {
    config: config!,
    prefillPods: pods.filter(isPrefill),
    decodePods: pods.filter(isDecode),
    notices: [...(read?.notices ?? []), ...ignoredPods(pods)],
  };
}

/** @param rootOf - the start of a path: some keys come from another document */
function parseConfig(
  written: JsonObject,
  rootOf: (path: readonly (string | number)[]) => readonly string[],
): PdSloConfig {
  try {
    const { scenario: _, endpoint_picker: __, ...config } = parseWith(scenarioKeys, written);
    const problems = [...predictorProblems(config), ...podProblems(config), ...workloadProblems(config)];
    if (problems.length > 0) throw inputErrors(problems);
    return config;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => problem.at({ prefix: rootOf(problem.path) }));
  }
}

function mapping(value: Json, path: readonly string[]): JsonObject {
  return parsePart(z.record(z.string(), jsonValue), value, path);
}

function readScenario(name: Json, path: readonly string[]): JsonObject {
  return scenarioConfig(parsePart(z.string(), name, path), path);
}

function readPicker(picker: Json, prefix: readonly string[]): ReturnType<typeof readEndpointPickerConfig> {
  try {
    return readEndpointPickerConfig(picker);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix }) : error;
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

const isPrefill = ({ role }: PodConfig): boolean => role === 'prefill';
const isDecode = ({ role }: PodConfig): boolean => role === 'decode' || role === 'both';

/** The pods one by one; without a list, one for each factor of the pool. */
function podsOf({ pods, pool }: PdSloConfig): readonly PodConfig[] {
  const make =
    (role: string, octet: number) =>
    (speed: number, index: number): PodConfig => ({
      name: `${role}-${index}`,
      role,
      speed,
      address: `10.0.${octet}.${index + 1}`,
      port: 8000,
    });
  return pods ?? [...pool.prefill.map(make('prefill', 1)), ...pool.decode.map(make('decode', 2))];
}

function predictorProblems({ predictor: { kind, coefficients } }: PdSloConfig): InputError[] {
  if (kind !== 'trained' || coefficients !== undefined) return [];
  const suggestion = '`paretune pd-slo train` writes a file for --config';
  return [new InputError('needs coefficients', { path: ['predictor', 'kind'], suggestion })];
}

function podProblems(config: PdSloConfig): InputError[] {
  const key = config.pods === undefined ? 'pool' : 'pods';
  const pods = podsOf(config);
  const names = pods.map(({ name }) => name);
  const none = (role: string) => new InputError(`needs at least one ${role} pod, got none`, { path: [key] });
  return [
    ...(pods.some(isPrefill) ? [] : [none('prefill')]),
    ...(pods.some(isDecode) ? [] : [none('decode')]),
    ...repeated(names).map(
      (at) => new InputError(`pod name ${shortText(names[at])} is used twice`, { path: [key, at, 'name'] }),
    ),
  ];
}

function workloadProblems({ workload, latency_scorer: scorer }: PdSloConfig): InputError[] {
  const problems: InputError[] = [];
  const complain = (rule: string, path: readonly (string | number)[]) => problems.push(new InputError(rule, { path }));
  for (const key of ['input', 'output'] as const) {
    const { low, high } = workload[key];
    if (low > high) complain(`low ≤ high must hold, got low ${low} and high ${high}`, ['workload', key, 'low']);
  }
  const { classes } = workload;
  const path = ['workload', 'classes'];
  if (!classes.some(({ share }) => share > 0)) complain('needs at least one class with share > 0', path);
  const names = classes.map(({ name }) => name);
  for (const at of repeated(names)) complain(`class name "${names[at]}" is used twice`, [...path, at, 'name']);
  for (const [at, { headers, ttft_ms, tpot_ms }] of classes.entries()) {
    if (headers !== undefined && (ttft_ms !== undefined || tpot_ms !== undefined)) {
      complain('cannot be combined with ttft_ms or tpot_ms', [...path, at, 'headers']);
    }
  }
  if (scorer.ttft_weight + scorer.tpot_weight === 0) {
    complain('ttft_weight and tpot_weight must not both be 0', ['latency_scorer']);
  }
  return problems;
}

/** Places of names that stand further ahead as well. */
function repeated(names: readonly string[]): number[] {
  return names.flatMap((name, at) => (names.indexOf(name) < at ? [at] : []));
}

function ignoredPods(pods: readonly PodConfig[]): string[] {
  return pods
    .filter((pod) => !isPrefill(pod) && !isDecode(pod))
    .map(({ name, role }) => `pod "${name}" has the role "${role}" and takes no part`);
}
