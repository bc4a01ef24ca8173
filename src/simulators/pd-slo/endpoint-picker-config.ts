import type { z } from 'zod';
import { InputError, inputErrors, unknownName } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { parseWith } from '../../document/schema.ts';
import {
  endpointPickerDocument,
  isStockPicker,
  OPTIMIZER,
  PREFIX_SCORER,
  profileHandlerSchema,
} from './endpoint-picker-schema.ts';

type PickerDocument = z.output<typeof endpointPickerDocument>;

export interface EndpointPickerSettings {
  /** Blocks `pair_optimizer`, `profile_handler` and `scorer_weights` of a configuration. */
  readonly config: JsonObject;
  /** What the document asks for and this simulator leaves out. */
  readonly notices: readonly string[];
}

/**
 * Reads the scheduler's own configuration document.
 * @throws InputError with all problems: unknown keys, plug-in types and references, parameters out of range
 */
export function readEndpointPickerConfig(document: Json): EndpointPickerSettings {
  refuseStockFiles(document);
  const picker = parseWith(endpointPickerDocument, document);
  const problems = [...pluginProblems(picker), ...referenceProblems(picker), ...profileProblems(picker)];
  if (problems.length > 0) throw inputErrors(problems);
  const written = document as unknown as z.input<typeof endpointPickerDocument>;
  const optimizer = written.plugins.find(({ type }) => type === OPTIMIZER)!;
  const pairOptimizer = (optimizer.parameters ?? {}) as JsonObject;
  const profileHandler = (written.profileHandler.parameters ?? {}) as JsonObject;
  return {
    config: {
      pair_optimizer: pairOptimizer,
      profile_handler: profileHandler,
      scorer_weights: scorerWeights(picker, nameOf(optimizer)),
    },
    notices: noticesOf(picker, pairOptimizer, profileHandler),
  };
}

/** Files of llm-d's router have no pair optimizer, and complaints about single keys would not lead to one. */
function refuseStockFiles(document: Json): void {
  if (!isStockPicker(document)) return;
  throw new InputError(`needs a document with a plugin of type ${OPTIMIZER}; this is a file of llm-d's own router`, {
    suggestion:
      '`paretune pd-slo run --config` reads it, and `paretune import epp` makes a study of the cluster simulator of it',
  });
}

const HANDLER_DEFAULTS = profileHandlerSchema.parse({});

const nameOf = (plugin: { readonly type: string; readonly name?: string | undefined }): string =>
  plugin.name ?? plugin.type;

function pluginProblems({ plugins }: PickerDocument): InputError[] {
  const names = plugins.map(nameOf);
  const repeated = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [new InputError(`plugin name ${shortText(name)} is used twice`, { path: ['plugins', index, 'name'] })]
      : [],
  );
  const optimizers = plugins.filter(({ type }) => type === OPTIMIZER).length;
  if (optimizers === 1) return repeated;
  const rule = `must hold one plugin of type ${OPTIMIZER}, got ${optimizers}`;
  return [...repeated, new InputError(rule, { path: ['plugins'] })];
}

/** Names of profiles and plug-ins that the profile handler counts on. */
function referenceProblems({ profileHandler, plugins, schedulingProfiles }: PickerDocument): InputError[] {
  const { parameters } = profileHandler;
  const handler = parameters ?? HANDLER_DEFAULTS;
  const profiles = schedulingProfiles.map(({ name }) => name);
  const unknown = (kind: string, key: keyof typeof handler, known: readonly string[]): InputError[] => {
    const name = String(handler[key]);
    return known.includes(name)
      ? []
      : [unknownName(kind, name, known, { path: ['profileHandler', 'parameters', key] })];
  };
  return [
    ...unknown('scheduling profile', 'prefillProfile', profiles),
    ...unknown('scheduling profile', 'decodeProfile', profiles),
    ...unknown('plugin', 'prefixPluginName', plugins.map(nameOf)),
  ];
}

function profileProblems({ plugins, schedulingProfiles }: PickerDocument): InputError[] {
  const names = plugins.map(nameOf);
  const profiles = schedulingProfiles.map(({ name }) => name);
  return schedulingProfiles.flatMap((profile, index) => {
    const path = ['schedulingProfiles', index];
    const repeated =
      profiles.indexOf(profile.name) < index
        ? [new InputError(`profile ${shortText(profile.name)} is defined twice`, { path: [...path, 'name'] })]
        : [];
    const strangers = profile.plugins.flatMap(({ pluginRef }, at) =>
      names.includes(pluginRef)
        ? []
        : [unknownName('plugin', pluginRef, names, { path: [...path, 'plugins', at, 'pluginRef'] })],
    );
    return [...repeated, ...strangers];
  });
}

/** The decode profile's weights of the prefix scorer and of the pair optimizer. */
function scorerWeights(picker: PickerDocument, optimizerName: string): JsonObject {
  const handler = picker.profileHandler.parameters ?? HANDLER_DEFAULTS;
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
