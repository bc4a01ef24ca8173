import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { type Form, fields, list, mapping } from '../../document/form.ts';
import { finite, flag } from '../../document/form-values.ts';
import { duration, quantity, word } from './picker-values.ts';

/** A plugin that the file lists. */
export interface ListedPlugin {
  /** The type where none is given. */
  readonly name: string;
  readonly type: string;
  readonly parameters: JsonObject;
}

export interface SchedulingProfile {
  readonly name: string;
  readonly plugins: readonly { readonly ref: string; readonly weight: number | null }[];
}

export interface PriorityBand {
  readonly priority: number | null;
  readonly maxRequests: number | null;
  readonly maxBytes: number | null;
  readonly orderingPolicyRef: string | null;
  readonly fairnessPolicyRef: string | null;
}

export interface FlowControl {
  readonly saturationDetector: string | null;
  readonly maxRequests: number | null;
  readonly maxBytes: number | null;
  /** ms. */
  readonly defaultRequestTtlMs: number | null;
  readonly noEndpointRequestTtlMs: number | null;
  readonly priorityBands: readonly PriorityBand[];
  readonly defaultPriorityBand: PriorityBand | null;
  readonly defaultNegativePriorityBand: PriorityBand | null;
  readonly usageLimitPolicyPluginRef: string | null;
  readonly enableEviction: boolean;
}

/** An `EndpointPickerConfig` as llm-d's router reads it, with nothing added. */
export interface PickerConfig {
  readonly deprecatedGroup: boolean;
  readonly featureGates: readonly string[];
  readonly plugins: readonly ListedPlugin[];
  /** null = absent. */
  readonly profiles: readonly SchedulingProfile[] | null;
  /** With a detector given at the top level, as older files do. */
  readonly flowControl: FlowControl | null;
  /** References of the sections that a simulator has no use for, by path. */
  readonly otherRefs: readonly { readonly ref: string; readonly path: readonly (string | number)[] }[];
}

export const API_VERSION = 'llm-d.ai/v1alpha1';
const DEPRECATED_API_VERSION = 'inference.networking.x-k8s.io/v1alpha1';

const parameters: Form<JsonObject> = {
  schema: { type: 'object' },
  rule: 'must be a map of keys',
  read: (value) => mapping(value) as JsonObject,
};

const reference = fields({ pluginRef: word }, {});
const band = fields(
  {},
  { priority: finite({}), maxRequests: quantity, maxBytes: quantity, orderingPolicyRef: word, fairnessPolicyRef: word },
);

const flowControl = fields(
  {},
  {
    saturationDetector: fields({}, { pluginRef: word }),
    maxRequests: quantity,
    maxBytes: quantity,
    defaultRequestTTL: duration,
    noEndpointRequestTTL: duration,
    priorityBands: list(band),
    defaultPriorityBand: band,
    defaultNegativePriorityBand: band,
    usageLimitPolicyPluginRef: word,
    enableEviction: flag,
  },
);

const dataLayer = fields(
  {},
  {
    injectDefaults: flag,
    sources: list(fields({ pluginRef: word }, { extractors: list(reference) })),
    discovery: reference,
    peerDiscovery: reference,
    crossReplicaSyncerPluginRef: word,
    crossReplicaSyncInterval: duration,
  },
);

const file = fields(
  { apiVersion: word, kind: word },
  {
    plugins: list(fields({ type: word }, { name: word, parameters })),
    schedulingProfiles: list(
      fields({ name: word }, { plugins: list(fields({ pluginRef: word }, { weight: finite({}) })) }),
    ),
    featureGates: list(word),
    flowControl,
    dataLayer,
    requestHandler: fields({}, { parsers: list(reference) }),
    saturationDetector: fields({}, { pluginRef: word }),
    parser: reference,
  },
);

type File = ReturnType<typeof file.read>;

/** What the router runs without a configuration: the content of an empty file. */
export const DEFAULT_CONFIG: PickerConfig = {
  deprecatedGroup: false,
  featureGates: [],
  plugins: ['queue-scorer', 'kv-cache-utilization-scorer', 'prefix-cache-scorer'].map((type) => ({
    name: type,
    type,
    parameters: {},
  })),
  profiles: [
    {
      name: 'default',
      plugins: [
        { ref: 'queue-scorer', weight: 2 },
        { ref: 'kv-cache-utilization-scorer', weight: 2 },
        { ref: 'prefix-cache-scorer', weight: 3 },
      ],
    },
  ],
  flowControl: null,
  otherRefs: [],
};

/** Reads the structure of a file. @throws InputError with every problem, by path */
export function parsePickerConfig(document: unknown): PickerConfig {
  const read = file.read(document);
  if (read.kind !== 'EndpointPickerConfig') {
    throw new InputError(`must be EndpointPickerConfig, got ${shortText(read.kind)}`, { path: ['kind'] });
  }
  if (read.apiVersion !== API_VERSION && read.apiVersion !== DEPRECATED_API_VERSION) {
    throw new InputError(`must be ${API_VERSION}, got ${shortText(read.apiVersion)}`, {
      path: ['apiVersion'],
      suggestion: `${DEPRECATED_API_VERSION} is read as well`,
    });
  }
  const plugins = (read.plugins ?? []).map(({ type, name, parameters: given }) => ({
    name: name ?? type,
    type,
    parameters: given ?? {},
  }));
  return {
    deprecatedGroup: read.apiVersion === DEPRECATED_API_VERSION,
    featureGates: read.featureGates ?? [],
    plugins,
    profiles:
      read.schedulingProfiles === null || read.schedulingProfiles.length === 0
        ? null
        : read.schedulingProfiles.map(({ name, plugins: refs }) => ({
            name,
            plugins: (refs ?? []).map(({ pluginRef, weight }) => ({ ref: pluginRef, weight })),
          })),
    flowControl: flowControlOf(read),
    otherRefs: otherRefs(read),
  };
}

function flowControlOf({ flowControl: given, saturationDetector }: File): FlowControl | null {
  if (given === null && saturationDetector === null) return null;
  return {
    saturationDetector: given?.saturationDetector?.pluginRef ?? saturationDetector?.pluginRef ?? null,
    maxRequests: given?.maxRequests ?? null,
    maxBytes: given?.maxBytes ?? null,
    defaultRequestTtlMs: given?.defaultRequestTTL ?? null,
    noEndpointRequestTtlMs: given?.noEndpointRequestTTL ?? null,
    priorityBands: given?.priorityBands ?? [],
    defaultPriorityBand: given?.defaultPriorityBand ?? null,
    defaultNegativePriorityBand: given?.defaultNegativePriorityBand ?? null,
    usageLimitPolicyPluginRef: given?.usageLimitPolicyPluginRef ?? null,
    enableEviction: given?.enableEviction ?? false,
  };
}

function otherRefs({ dataLayer: data, requestHandler, parser }: File): PickerConfig['otherRefs'] {
  const refs: { ref: string; path: (string | number)[] }[] = [];
  (data?.sources ?? []).forEach(({ pluginRef, extractors }, i) => {
    refs.push({ ref: pluginRef, path: ['dataLayer', 'sources', i, 'pluginRef'] });
    (extractors ?? []).forEach((one, k) => {
      refs.push({ ref: one.pluginRef, path: ['dataLayer', 'sources', i, 'extractors', k, 'pluginRef'] });
    });
  });
  for (const key of ['discovery', 'peerDiscovery'] as const) {
    const one = data?.[key] ?? null;
    if (one !== null) refs.push({ ref: one.pluginRef, path: ['dataLayer', key, 'pluginRef'] });
  }
  (requestHandler?.parsers ?? []).forEach(({ pluginRef }, i) => {
    refs.push({ ref: pluginRef, path: ['requestHandler', 'parsers', i, 'pluginRef'] });
  });
  if (parser !== null) refs.push({ ref: parser.pluginRef, path: ['parser', 'pluginRef'] });
  return refs;
}
