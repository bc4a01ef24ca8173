import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import type { ArrivalProcess } from './arrival-process.ts';
import { BUILTIN_WORKLOADS } from './builtin-workloads.ts';
import type { CountLaw } from './count-law.ts';
import { type GeneratorSpec, generateTasks, PRESETS, type PrefixSpec, type WeightLaw } from './generator.ts';
import { findModel } from './model-catalog.ts';
import { choiceOf, integerIn, numberIn } from './read-values.ts';
import { parseTask, refuseDuplicateIds, type Task } from './task.ts';

/** Tasks that are given, or a recipe that draws them anew for every seed. */
export type JobWorkload =
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'generated'; readonly spec: GeneratorSpec };

const MAX_TASKS = 1_000_000;

/**
 * A built-in name (`discriminating`, `staggered`) or preset (`low`, `medium`, `high`, `extreme`), alone or as
 * `{ builtin: name }`; `{ tasks: [...] }`; or `{ generate: { preset?, count?, arrivals?, prefill?, decode?, weights?, models?, phases?, prefixes? } }`.
 * @throws InputError
 */
export function parseWorkload(document: Json, path: DocumentPath): JobWorkload {
  if (typeof document === 'string') return namedWorkload(document, path);
  if (!isJsonObject(document)) {
    throw new InputError(`must be a workload name, { tasks } or { generate }, got ${JSON.stringify(document)}`, {
      path,
      suggestion: `known: ${workloadNames().join(', ')}`,
    });
  }
  const reader = new MappingReader(document, path, ['name', 'builtin', 'tasks', 'generate']);
  if (['builtin', 'tasks', 'generate'].filter((key) => reader.has(key)).length !== 1) {
    throw new InputError('must have exactly one of builtin, tasks and generate', { path });
  }
  if (reader.has('builtin')) return namedWorkload(reader.text('builtin'), reader.at('builtin'));
  if (reader.has('generate')) {
    return { kind: 'generated', spec: parseGenerator(reader.raw('generate') as Json, reader.at('generate')) };
  }
  const tasks = reader.items('tasks', (item, at) => parseTask(item as Json, at, Number(at.at(-1))));
  if (tasks.length === 0) throw reader.fail('tasks', 'needs at least one task');
  refuseDuplicateIds(tasks, reader.at('tasks'));
  return { kind: 'tasks', tasks };
}

export function workloadNames(): readonly string[] {
  return [...Object.keys(BUILTIN_WORKLOADS), ...Object.keys(PRESETS)];
}

export function workloadTasks(workload: JobWorkload, seed: number): readonly Task[] {
  return workload.kind === 'tasks' ? workload.tasks : generateTasks(workload.spec, seed);
}

function namedWorkload(name: string, path: DocumentPath): JobWorkload {
  if (Object.hasOwn(BUILTIN_WORKLOADS, name)) return { kind: 'tasks', tasks: BUILTIN_WORKLOADS[name]! };
  if (Object.hasOwn(PRESETS, name)) return { kind: 'generated', spec: PRESETS[name]! };
  throw unknownName('workload', name, workloadNames(), { path });
}

const GENERATOR_KEYS = [
  'preset',
  'count',
  'arrivals',
  'prefill',
  'decode',
  'weights',
  'models',
  'phases',
  'prefill_share',
  'prefixes',
];

function parseGenerator(document: Json, path: DocumentPath): GeneratorSpec {
  const reader = new MappingReader(document, path, GENERATOR_KEYS);
  const base = PRESETS[choiceOf(reader, 'preset', Object.keys(PRESETS), 'low')]!;
  const arrivals = reader.child('arrivals', parseArrivals) ?? base.arrivals;
  const count = integerIn(reader, 'count', { fallback: base.count, min: 1, max: MAX_TASKS });
  return {
    count,
    arrivals,
    prefill: reader.child('prefill', parseLaw) ?? base.prefill,
    decode: reader.child('decode', parseLaw) ?? base.decode,
    weights: reader.child('weights', parseWeights) ?? base.weights,
    models: reader.child('models', parseModels) ?? base.models,
    phases: choiceOf(reader, 'phases', ['both', 'separate'], base.phases),
    prefillShare: numberIn(reader, 'prefill_share', { fallback: base.prefillShare, min: 0, max: 1 }),
    prefixes: reader.child('prefixes', parsePrefixes),
  };
}

function parseModels(document: unknown, path: DocumentPath): Record<string, number> {
  if (!isJsonObject(document as Json)) throw new InputError('must be a map from model to share', { path });
  const names = Object.keys(document as object);
  const reader = new MappingReader(document, path, names);
  const shares = names.map(
    (name) => [findModel(name, reader.at(name)).name, numberIn(reader, name, { fallback: 0, min: 0 })] as const,
  );
  if (!shares.some(([, share]) => share > 0)) throw new InputError('needs a model with a share > 0', { path });
  return Object.fromEntries(shares);
}

function parsePrefixes(document: unknown, path: DocumentPath): PrefixSpec {
  const reader = new MappingReader(document, path, ['groups', 'tokens', 'share']);
  return {
    groups: integerIn(reader, 'groups', { fallback: 1, min: 1 }),
    tokens: integerIn(reader, 'tokens', { fallback: 256, min: 1 }),
    share: numberIn(reader, 'share', { fallback: 1, min: 0, max: 1 }),
  };
}

const LAW_KEYS: Readonly<Record<CountLaw['kind'], readonly string[]>> = {
  constant: ['value'],
  uniform: ['min', 'max'],
  gaussian: ['mean', 'sd', 'min', 'max'],
  exponential: ['mean', 'min', 'max'],
  lognormal: ['median', 'sigma', 'min', 'max'],
  pareto: ['scale', 'alpha', 'min', 'max'],
};

/** A number, or `{ law: lognormal, median: 512, sigma: 0.8, min: 1, max: 8192 }`. */
function parseLaw(document: unknown, path: DocumentPath): CountLaw {
  if (typeof document === 'number') return parseLaw({ law: 'constant', value: document }, path);
  const every = ['law', ...new Set(Object.values(LAW_KEYS).flat())];
  const kinds = Object.keys(LAW_KEYS) as CountLaw['kind'][];
  const kind = choiceOf(new MappingReader(document, path, every), 'law', kinds, 'uniform');
  const reader = new MappingReader(document, path, ['law', ...LAW_KEYS[kind]]);
  const positive = (key: string): number => {
    if (!reader.has(key)) throw reader.fail(key, `is required by the law ${kind} but missing`);
    return numberIn(reader, key, { fallback: 0, min: 0, exclusive: true });
  };
  const clip = {
    min: integerIn(reader, 'min', { fallback: 1, min: 0 }),
    max: integerIn(reader, 'max', { fallback: 1_000_000, min: 0 }),
  };
  if (clip.max < clip.min) throw reader.fail('max', `must be ≥ min (${clip.min}), got ${clip.max}`);
  switch (kind) {
    case 'constant':
      return { kind, value: integerIn(reader, 'value', { fallback: 0, min: 0 }) };
    case 'uniform':
      return { kind, ...clip };
    case 'gaussian':
      return { kind, mean: positive('mean'), sd: numberIn(reader, 'sd', { fallback: 0, min: 0 }), ...clip };
    case 'exponential':
      return { kind, mean: positive('mean'), ...clip };
    case 'lognormal':
      return { kind, median: positive('median'), sigma: positive('sigma'), ...clip };
    case 'pareto':
      return { kind, scale: positive('scale'), alpha: positive('alpha'), ...clip };
    default:
      return kind satisfies never;
  }
}

function parseWeights(document: unknown, path: DocumentPath): WeightLaw {
  if (!isJsonObject(document as Json) || (document as { law?: Json }).law !== 'two-class') {
    return parseLaw(document, path);
  }
  const reader = new MappingReader(document, path, ['law', 'low', 'high', 'high_share']);
  return {
    kind: 'two-class',
    low: numberIn(reader, 'low', { fallback: 1, min: 0 }),
    high: numberIn(reader, 'high', { fallback: 10, min: 0 }),
    highShare: numberIn(reader, 'high_share', { fallback: 0.5, min: 0, max: 1 }),
  };
}

const ARRIVAL_KEYS: Readonly<Record<ArrivalProcess['kind'], readonly string[]>> = {
  'at-once': ['at'],
  constant: ['rate'],
  poisson: ['rate'],
  gamma: ['rate', 'cv'],
  uniform: ['start', 'end'],
  burst: ['size', 'interval', 'jitter'],
  'flash-crowd': ['rate', 'peak', 'from', 'to'],
  piecewise: ['segments'],
  sinusoid: ['rate', 'amplitude', 'period'],
};

/** `{ process: poisson, rate: 5 }` and so on; see ArrivalProcess. */
function parseArrivals(document: unknown, path: DocumentPath): ArrivalProcess {
  const every = ['process', ...new Set(Object.values(ARRIVAL_KEYS).flat())];
  const kinds = Object.keys(ARRIVAL_KEYS) as ArrivalProcess['kind'][];
  const kind = choiceOf(new MappingReader(document, path, every), 'process', kinds, 'poisson');
  const reader = new MappingReader(document, path, ['process', ...ARRIVAL_KEYS[kind]]);
  const positive = (key: string, fallback: number): number =>
    numberIn(reader, key, { fallback, min: 0, exclusive: true });
  const atLeastZero = (key: string, fallback: number): number => numberIn(reader, key, { fallback, min: 0 });
  const rate = (): number => {
    if (!reader.has('rate')) throw reader.fail('rate', `is required by the process ${kind} but missing`);
    return positive('rate', 1);
  };
  switch (kind) {
    case 'at-once':
      return { kind, at: atLeastZero('at', 0) };
    case 'constant':
    case 'poisson':
      return { kind, rate: rate() };
    case 'gamma':
      return { kind, rate: rate(), cv: positive('cv', 1) };
    case 'uniform': {
      const start = atLeastZero('start', 0);
      return { kind, start, end: numberIn(reader, 'end', { fallback: start + 1, min: start, exclusive: true }) };
    }
    case 'burst':
      return {
        kind,
        size: integerIn(reader, 'size', { fallback: 20, min: 1 }),
        interval: atLeastZero('interval', 50),
        jitter: atLeastZero('jitter', 0.1),
      };
    case 'flash-crowd': {
      const from = atLeastZero('from', 0);
      const to = numberIn(reader, 'to', { fallback: from + 1, min: from, exclusive: true });
      return { kind, rate: rate(), peak: positive('peak', 10), from, to };
    }
    case 'piecewise':
      return { kind, segments: parseSegments(reader) };
    case 'sinusoid': {
      const amplitude = numberIn(reader, 'amplitude', { fallback: 0.5, min: 0, max: 1 });
      return { kind, rate: rate(), amplitude, period: positive('period', 60) };
    }
    default:
      return kind satisfies never;
  }
}

function parseSegments(reader: MappingReader): { until: number; rate: number }[] {
  let previous = 0;
  const segments = reader.items('segments', (item, at) => {
    const segment = new MappingReader(item, at, ['until', 'rate']);
    const until = numberIn(segment, 'until', { fallback: Number.MAX_VALUE, min: previous, exclusive: true });
    previous = until;
    return { until, rate: numberIn(segment, 'rate', { fallback: 0, min: 0 }) };
  });
  if (segments.length === 0) throw reader.fail('segments', 'needs at least one { until, rate }');
  if (segments.at(-1)!.rate === 0) throw reader.fail('segments', 'must end with a rate > 0, or arrivals would stop');
  return segments;
}
