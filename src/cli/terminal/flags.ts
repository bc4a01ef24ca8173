import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { integerFromText } from '../../base/integer-text.ts';
import { shortText } from '../../base/short-text.ts';
import type { Flags } from './command.ts';

/** Of a flag that is given several times the last value counts, as in programs that Go's flags read. */
export function lastValueWins(parser: Argv): Argv {
  return parser.parserConfiguration({ 'duplicate-arguments-array': false });
}

/** A flag given at most once, as text. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw new InputError(`--${name} may be given once`);
  return String(value);
}

/** An integer as Go's flags read one. @throws InputError unless it is ≥ `low` and exact */
export function integerText(flags: Flags, name: string, low: number): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = Number(integerFromText(text) ?? Number.NaN);
  if (!Number.isSafeInteger(value) || value < low) {
    const limit = low === Number.MIN_SAFE_INTEGER ? '' : ` ≥ ${low}`;
    throw new InputError(`must be an integer${limit}, got ${shortText(text)}`, { path: [`--${name}`] });
  }
  return value;
}

export function requiredText(flags: Flags, name: string): string {
  const value = textFlag(flags, name);
  if (value === undefined || value === '') throw new InputError(`${name} is required`);
  return value;
}

export function switchFlag(flags: Flags, name: string): boolean {
  return flags[name] === true;
}
