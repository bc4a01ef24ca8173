import { InputError, unknownName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type LengthSampler, lengthSampler } from './length-sampler.ts';

const MICROS_PER_UNIT: Readonly<Record<string, number>> = { s: 1_000_000, ms: 1_000, us: 1 };
const PARAMETERS: Readonly<Record<string, { readonly required: string[]; readonly optional: string[] }>> = {
  constant: { required: ['value'], optional: [] },
  lognormal: { required: ['mu', 'sigma'], optional: ['min', 'max'] },
};

/**
 * A pause between rounds, µs ≥ 1, from `constant:value=T` or `lognormal:mu=…,sigma=…[,min=T][,max=T]`. T has a unit
 * s, ms or us (none = ms); mu and sigma are those of the logarithm of seconds.
 * @throws InputError for anything else
 */
export function parseThinkTime(text: string): LengthSampler {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const known = Object.hasOwn(PARAMETERS, kind) ? PARAMETERS[kind] : undefined;
  if (known === undefined) throw unknownName('think time', kind, Object.keys(PARAMETERS));
  const values = parameters(colon < 0 ? '' : text.slice(colon + 1), [...known.required, ...known.optional]);
  for (const name of known.required) {
    if (!values.has(name))
      throw new InputError(`a ${kind} think time needs ${shortText(name)}, got ${shortText(text)}`);
  }
  if (kind === 'constant') return lengthSampler({ kind: 'constant', value: duration('value', values.get('value')!) });
  const min = values.has('min') ? duration('min', values.get('min')!) : 0;
  const max = values.has('max') ? duration('max', values.get('max')!) : 0;
  if (max > 0 && min > max) throw new InputError(`min must not exceed max in the think time ${shortText(text)}`);
  const mu = finite('mu', values.get('mu')!) + Math.log(1e6);
  return lengthSampler({ kind: 'lognormal', mu, sigma: finite('sigma', values.get('sigma')!), min, max });
}

function parameters(text: string, known: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', value, more] = part.split('=').map((piece) => piece.trim());
    if (!known.includes(name)) throw unknownName('think time parameter', name, known);
    if (value === undefined || value === '' || more !== undefined) {
      throw new InputError(`must be "name=value", got ${shortText(part)}`);
    }
    values.set(name, value);
  }
  return values;
}

function duration(name: string, text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(s|ms|us)?$/.exec(text);
  if (match === null)
    throw new InputError(`${name} must be a time such as 500ms, 1.5s or 200us, got ${shortText(text)}`);
  return Math.trunc(Number(match[1]) * MICROS_PER_UNIT[match[2] ?? 'ms']!);
}

function finite(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InputError(`${name} must be a finite number, got ${shortText(text)}`);
  return value;
}
