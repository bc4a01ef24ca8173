import { InputError } from '../../base/errors.ts';
import { type Form, fields, mapped, mapping, record, variants } from '../../document/form.ts';
import { anything, choice, finite, text } from '../../document/form-values.ts';
import type { ArrivalSpec, LengthSpec } from './workload-spec.ts';

/** Below, the shape of the process is beyond what a double holds. */
const LEAST_GAMMA_CV = 1e-6;

const positive = finite({ above: 0 });

/** Shape of the arrival process of rate-based traffic. */
export const arrivalForm: Form<ArrivalSpec> = mapped(
  fields(
    { process: choice('arrival process', ['poisson', 'gamma', 'weibull', 'constant'] as const) },
    { cv: positive, shape: positive, scale: positive },
  ),
  (arrival) => {
    const { process, cv, shape, scale } = arrival;
    if (process === 'weibull' && cv !== null && (shape === null || scale === null) && (cv < 0.01 || cv > 10.4)) {
      throw new InputError(`must be within 0.01 … 10.4 for weibull arrivals, got ${cv}`, { path: ['cv'] });
    }
    if (process === 'gamma' && cv !== null && (shape === null || scale === null) && cv < LEAST_GAMMA_CV) {
      throw new InputError(`must be ≥ ${LEAST_GAMMA_CV} for gamma arrivals, got ${cv}`, {
        path: ['cv'],
        suggestion: 'process `constant` has equal gaps',
      });
    }
    return { process, cv, shape, scale };
  },
);

const parameter = finite({});

interface LengthParameters {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** @param get - the parameter of a name, 0 where it is left out */
  readonly make: (get: (name: string) => number) => LengthSpec;
}

type AnalyticKind = Exclude<LengthSpec['kind'], 'empirical'>;

const LENGTH_TYPES: Readonly<Record<AnalyticKind, LengthParameters>> = {
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
  const { required, optional } = LENGTH_TYPES[type as AnalyticKind];
  return [...required, ...optional];
}

function analyticForm({ required, optional, make }: LengthParameters): Form<LengthSpec> {
  const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, parameter]));
  return mapped(
    fields({ type: text, params: fields(all(required), all(optional)) }, { file: anything }),
    ({ params }) => {
      const spec = make((name) => (params as Readonly<Record<string, number | null>>)[name] ?? 0);
      if ((spec.kind === 'exponential' || spec.kind === 'lognormal') && spec.max > 0 && spec.min > spec.max) {
        throw new InputError(`must not exceed max, got min ${spec.min} and max ${spec.max}`, {
          path: ['params', 'min'],
        });
      }
      return spec;
    },
  );
}

const LENGTH_KEYS = {
  schema: { pattern: '^\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?\\s*$' },
  rule: 'must be "length: weight"',
  accepts: (key: string) => key.trim() !== '' && Number.isFinite(Number(key)),
};

const empiricalForm: Form<LengthSpec> = mapped(
  fields(
    { type: text, params: record(parameter, { keys: LENGTH_KEYS, min: 1, what: '"length: weight" entry' }) },
    { file: anything },
  ),
  ({ params }) => {
    const entries = Object.entries(params).map(([key, weight]) => [Math.trunc(Number(key)), weight] as const);
    entries.sort((a, b) => a[0] - b[0]);
    return { kind: 'empirical', values: entries.map((e) => e[0]), weights: entries.map((e) => e[1]) };
  },
);

/** A distribution of token counts: `{type, params}`. A `file` key is accepted and not read. */
export const lengthForm: Form<LengthSpec> = variants('type', 'length distribution', {
  ...Object.fromEntries(Object.entries(LENGTH_TYPES).map(([kind, parameters]) => [kind, analyticForm(parameters)])),
  empirical: empiricalForm,
});

const absentLength = fields({}, { type: choice('length distribution', ['']), params: anything, file: anything });

/** A distribution without a type counts as absent. */
export const optionalLengthForm: Form<LengthSpec | null> = {
  schema: { anyOf: [lengthForm.schema, absentLength.schema] },
  rule: lengthForm.rule,
  read(value) {
    const type = mapping(value)['type'];
    if (type !== undefined && type !== null && type !== '') return lengthForm.read(value);
    absentLength.read(value);
    return null;
  },
};
