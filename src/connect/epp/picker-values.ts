import { type Form, wrong } from '../../document/form.ts';

const QUANTITY: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};

/** A name. */
export const word: Form<string> = {
  schema: { type: 'string', minLength: 1 },
  rule: 'must be a non-empty text',
  read(value) {
    if (typeof value !== 'string' || value === '') throw wrong('must be a non-empty text', value);
    return value;
  },
};

/** A Kubernetes quantity: `100`, `"1k"`, `"2Gi"`. */
export const quantity: Form<number> = {
  schema: { type: ['string', 'integer'] },
  rule: 'must be a quantity such as "100", "1k" or "2Gi"',
  read(value) {
    const parts = /^(\d+(?:\.\d+)?)(|m|k|M|G|T|Ki|Mi|Gi|Ti)$/.exec(String(value));
    const isScalar = typeof value === 'string' || typeof value === 'number';
    if (!isScalar || parts === null) throw wrong('must be a quantity such as "100", "1k" or "2Gi"', value);
    return Math.ceil(Number(parts[1]) * QUANTITY[parts[2]!]!);
  },
};

/** Go's durations, as ms. */
export const duration: Form<number> = {
  schema: { type: 'string' },
  rule: 'must be a duration such as "30s" or "1m30s"',
  read(value) {
    if (value === '0') return 0;
    const parts = typeof value === 'string' ? [...value.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy)] : [];
    const length = parts.reduce((sum, part) => sum + part[0].length, 0);
    if (parts.length === 0 || length !== String(value).length) {
      throw wrong('must be a duration such as "30s" or "1m30s"', value);
    }
    return parts.reduce((sum, part) => sum + Number(part[1]) * DURATION_UNITS[part[2]!]!, 0);
  },
};
