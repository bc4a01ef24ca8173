import { z } from 'zod';
import { nearestName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { findProblems, joinProblems, type Problem } from './config-problems.ts';
import { pairOptimizerSchema, profileHandlerSchema } from './config-schema.ts';

export const ENDPOINT_PICKER_KIND = 'EndpointPickerConfig';
const API_VERSION = 'inference.networking.x-k8s.io/v1alpha1';
const OPTIMIZER = 'pd-slo-pair-optimizer';
const HANDLER = 'pd-slo-profile-handler';
const PREFIX_SCORER = 'prefix-cache-scorer';

/** Plug-in types that the document may name; those without a schema are accepted and have no effect here. */
const PLUGIN_TYPES: readonly string[] = [
  'prefill-header-handler',
  'prefill-filter',
  'decode-filter',
  PREFIX_SCORER,
  'precise-prefix-cache-scorer',
  'load-aware-scorer',
  'queue-scorer',
  'kv-cache-utilization-scorer',
  'latency-scorer',
  'slo-headroom-tier-filter',
  'max-score-picker',
  'random-picker',
  'weighted-random-picker',
  OPTIMIZER,
];

const parameters = z
  .record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  )
  .optional();
const pluginSchema = z.strictObject({ type: z.string().min(1), name: z.string().min(1).optional(), parameters });

const documentSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(ENDPOINT_PICKER_KIND),
  plugins: z.array(pluginSchema).min(1),
  profileHandler: pluginSchema,
  schedulingProfiles: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        plugins: z.array(z.strictObject({ pluginRef: z.string().min(1), weight: z.number().min(0).optional() })).min(1),
      }),
    )
    .min(1),
});

type PickerDocument = z.infer<typeof documentSchema>;

export interface EndpointPickerSettings {
  /** Blocks `pair_optimizer`, `profile_handler` and `scorer_weights` of a configuration. */
  readonly config: JsonObject;
  /** What the document asks for and this simulator leaves out. */
  readonly notices: readonly string[];
}

export function isEndpointPickerDocument(value: Json): boolean {
  return isJsonObject(value) && value['kind'] === ENDPOINT_PICKER_KIND;
}

/**
 * Reads the scheduler's own configuration document.
 * @throws InputError with all problems: unknown keys, plug-in types and references, parameters out of range
 */
export function readEndpointPickerConfig(document: Json): EndpointPickerSettings {
  const shape = joinProblems(findProblems(documentSchema, document));
  if (shape !== null) throw shape;
  const picker = documentSchema.parse(document);
  const error = joinProblems([...pluginProblems(picker), ...handlerProblems(picker), ...profileProblems(picker)]);
  if (error !== null) throw error;
  const optimizer = picker.plugins.find(({ type }) => type === OPTIMIZER)!;
  const pairOptimizer = optimizer.parameters ?? {};
  const profileHandler = picker.profileHandler.parameters ?? {};
  return {
    config: {
      pair_optimizer: pairOptimizer,
      profile_handler: profileHandler,
      scorer_weights: scorerWeights(picker, optimizer.name ?? OPTIMIZER),
    },
    notices: noticesOf(picker, pairOptimizer, profileHandler),
  };
}

const nameOf = (plugin: PickerDocument['plugins'][number]): string => plugin.name ?? plugin.type;

function pluginProblems({ plugins }: PickerDocument): Problem[] {
  const problems: Problem[] = [];
  for (const [index, plugin] of plugins.entries()) {
    const path = ['plugins', index];
    if (!PLUGIN_TYPES.includes(plugin.type))
      problems.push(unknownOf('plugin type', plugin.type, PLUGIN_TYPES, [...path, 'type']));
    if (plugins.findIndex((other) => nameOf(other) === nameOf(plugin)) < index) {
      problems.push({ path: [...path, 'name'], message: `plugin name "${nameOf(plugin)}" is used twice` });
    }
    if (plugin.type === OPTIMIZER)
      problems.push(...below([...path, 'parameters'], pairOptimizerSchema, plugin.parameters));
  }
  const optimizers = plugins.filter(({ type }) => type === OPTIMIZER).length;
  if (optimizers !== 1) {
    problems.push({ path: ['plugins'], message: `must hold one plugin of type ${OPTIMIZER}, got ${optimizers}` });
  }
  return problems;
}

function handlerProblems({ profileHandler, plugins, schedulingProfiles }: PickerDocument): Problem[] {
  if (profileHandler.type !== HANDLER)
    return [unknownOf('profile handler', profileHandler.type, [HANDLER], ['profileHandler', 'type'])];
  const path = ['profileHandler', 'parameters'];
  const problems = below(path, profileHandlerSchema, profileHandler.parameters);
  if (problems.length > 0) return problems;
  const handler = profileHandlerSchema.parse(profileHandler.parameters ?? {});
  const profiles = schedulingProfiles.map(({ name }) => name);
  for (const key of ['prefillProfile', 'decodeProfile'] as const) {
    if (!profiles.includes(handler[key]))
      problems.push(unknownOf('scheduling profile', handler[key], profiles, [...path, key]));
  }
  const names = plugins.map(nameOf);
  if (!names.includes(handler.prefixPluginName)) {
    problems.push(unknownOf('plugin', handler.prefixPluginName, names, [...path, 'prefixPluginName']));
  }
  return problems;
}

function profileProblems({ plugins, schedulingProfiles }: PickerDocument): Problem[] {
  const names = plugins.map(nameOf);
  return schedulingProfiles.flatMap((profile, index) => [
    ...(schedulingProfiles.findIndex(({ name }) => name === profile.name) < index
      ? [{ path: ['schedulingProfiles', index, 'name'], message: `profile "${profile.name}" is defined twice` }]
      : []),
    ...profile.plugins.flatMap(({ pluginRef }, at) =>
      names.includes(pluginRef)
        ? []
        : [unknownOf('plugin', pluginRef, names, ['schedulingProfiles', index, 'plugins', at, 'pluginRef'])],
    ),
  ]);
}

function below(path: readonly (string | number)[], schema: z.ZodType, value: unknown): Problem[] {
  return findProblems(schema, value ?? {}).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

function unknownOf(kind: string, name: string, known: readonly string[], path: readonly (string | number)[]): Problem {
  const near = nearestName(name, known);
  const hint = near === undefined ? '' : `did you mean "${near}"? `;
  return { path, message: `unknown ${kind} "${name}" (${hint}known: ${known.join(', ')})` };
}

/** The decode profile's weights of the prefix scorer and of the pair optimizer. */
function scorerWeights(picker: PickerDocument, optimizerName: string): JsonObject {
  const handler = profileHandlerSchema.parse(picker.profileHandler.parameters ?? {});
  const profile = picker.schedulingProfiles.find(({ name }) => name === handler.decodeProfile)!;
  const weightOf = (name: string): number | undefined =>
    profile.plugins.find(({ pluginRef }) => pluginRef === name)?.weight;
  const prefix = weightOf(handler.prefixPluginName);
  const load = weightOf(optimizerName);
  return { ...(prefix === undefined ? {} : { prefix }), ...(load === undefined ? {} : { load }) };
}

function noticesOf(picker: PickerDocument, optimizer: JsonObject, handler: JsonObject): string[] {
  const notices = picker.plugins
    .filter(({ type }) => type !== OPTIMIZER && type !== PREFIX_SCORER)
    .map((plugin) => `plugin "${nameOf(plugin)}" is part of the pod model and has no parameters here`);
  const belief = optimizer['transferOverheadMs'] ?? 5;
  if (handler['transferOverheadMs'] !== undefined && handler['transferOverheadMs'] !== belief) {
    notices.push(
      `transferOverheadMs of the profile handler (${String(handler['transferOverheadMs'])}) differs from the pair optimizer's (${String(belief)}), which decides`,
    );
  }
  return notices;
}
