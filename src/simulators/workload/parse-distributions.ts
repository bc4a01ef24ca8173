import { InputError, unknownName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import type { ArrivalSpec, LengthSpec } from './workload-spec.ts';

const PROCESSES = ['poisson', 'gamma', 'weibull', 'constant'] as const;

/** Shape of the arrival process of rate-based traffic. */
export function parseArrival(value: unknown, path: DocumentPath): ArrivalSpec {
  const reader = new MappingReader(value, path, ['process', 'cv', 'shape', 'scale']);
  const process = reader.text('process');
  if (!PROCESSES.includes(process as ArrivalSpec['process'])) {
    throw unknownName('arrival process', process, PROCESSES, { path: reader.at('process') });
  }
  const cv = positive(reader, 'cv');
  const shape = positive(reader, 'shape');
  const scale = positive(reader, 'scale');
  if (process === 'weibull' && cv !== null && (shape === null || scale === null) && (cv < 0.01 || cv > 10.4)) {
    throw reader.fail('cv', `must be within 0.01 … 10.4 for weibull arrivals, got ${cv}`);
  }
  return { process: process as ArrivalSpec['process'], cv, shape, scale };
}

function positive(reader: MappingReader, key: string): number | null {
  if (!reader.has(key)) return null;
  const value = reader.number(key, 0);
  if (!Number.isFinite(value) || value <= 0) throw reader.fail(key, `must be finite and > 0, got ${value}`);
  return value;
}

interface LengthParameters {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly make: (get: (name: string) => number) => LengthSpec;
}

const LENGTH_TYPES: Readonly<Record<Exclude<LengthSpec['kind'], 'empirical'>, LengthParameters>> = {
  constant: {
    required: ['value'],
    optional: [],
    make: (get) => ({ kind: 'constant', value: Math.trunc(get('value')) }),
  },
  gaussian: {
    required: ['mean', 'std_dev', 'min', 'max'],
    optional: [],
    make: (get) => ({
      kind: 'gaussian',
      mean: get('mean'),
      stdDev: get('std_dev'),
      min: Math.trunc(get('min')),
      max: Math.trunc(get('max')),
    }),
  },
  exponential: {
    required: ['mean'],
    optional: ['min', 'max'],
    make: (get) => ({
      kind: 'exponential',
      mean: get('mean'),
      min: Math.trunc(get('min')),
      max: Math.trunc(get('max')),
    }),
  },
  lognormal: {
    required: ['mu', 'sigma'],
    optional: ['min', 'max'],
    make: (get) => ({
      kind: 'lognormal',
      mu: get('mu'),
      sigma: get('sigma'),
      min: Math.trunc(get('min')),
      max: Math.trunc(get('max')),
    }),
  },
  pareto_lognormal: {
    required: ['alpha', 'xm', 'mu', 'sigma', 'mix_weight'],
    optional: [],
    make: (get) => ({
      kind: 'pareto_lognormal',
      alpha: get('alpha'),
      xm: get('xm'),
      mu: get('mu'),
      sigma: get('sigma'),
      mixWeight: get('mix_weight'),
    }),
  },
};

/** Parameters of a length distribution by its type; undefined where any name may stand. */
export function lengthParameters(type: string): readonly string[] | undefined {
  if (!Object.hasOwn(LENGTH_TYPES, type)) return undefined;
  const { required, optional } = LENGTH_TYPES[type as keyof typeof LENGTH_TYPES];
  return [...required, ...optional];
}

/** A distribution of token counts: `{type, params}`. A `file` key is accepted and not read. */
export function parseLength(value: unknown, path: DocumentPath): LengthSpec {
  const reader = new MappingReader(value, path, ['type', 'params', 'file']);
  const type = reader.text('type');
  const paramsPath = reader.at('params');
  const params = reader.has('params') ? reader.raw('params') : {};
  if (type === 'empirical') return parseEmpirical(params, paramsPath);
  if (!Object.hasOwn(LENGTH_TYPES, type)) {
    throw unknownName('length distribution', type, [...Object.keys(LENGTH_TYPES), 'empirical'], {
      path: reader.at('type'),
    });
  }
  const { required, optional, make } = LENGTH_TYPES[type as keyof typeof LENGTH_TYPES];
  const names = new MappingReader(params, paramsPath, [...required, ...optional]);
  for (const name of required) {
    if (!names.has(name)) {
      throw new InputError(`a ${type} length distribution needs the parameter ${shortText(name)}`, {
        path: paramsPath,
      });
    }
  }
  for (const name of [...required, ...optional]) requireFinite(names, name);
  const spec = make((name) => names.number(name, 0));
  if ((spec.kind === 'exponential' || spec.kind === 'lognormal') && spec.max > 0 && spec.min > spec.max) {
    throw names.fail('min', `must not exceed max, got min ${spec.min} and max ${spec.max}`);
  }
  return spec;
}

function requireFinite(reader: MappingReader, name: string): void {
  const value = reader.number(name, 0);
  if (!Number.isFinite(value)) throw reader.fail(name, `must be finite, got ${value}`);
}

function parseEmpirical(value: unknown, path: DocumentPath): LengthSpec {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const reader = new MappingReader(value, path, keys);
  const entries = keys.map((key): [number, number] => {
    const length = Math.trunc(Number(key));
    if (key.trim() === '' || !Number.isFinite(length))
      throw reader.fail(key, `must be "length: weight", got ${shortText(key)}`);
    requireFinite(reader, key);
    return [length, reader.number(key, 0)];
  });
  if (entries.length === 0) {
    throw new InputError('an empirical length distribution needs at least one "length: weight" entry', { path });
  }
  entries.sort((a, b) => a[0] - b[0]);
  return { kind: 'empirical', values: entries.map((e) => e[0]), weights: entries.map((e) => e[1]) };
}
