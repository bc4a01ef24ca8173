import { InputError } from '../../base/errors.ts';
import type { Flags } from './command.ts';

/** A flag given at most once, as text. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw new InputError(`--${name} may be given once`);
  return String(value);
}

export function requiredText(flags: Flags, name: string): string {
  const value = textFlag(flags, name);
  if (value === undefined || value === '') throw new InputError(`${name} is required`);
  return value;
}

export function switchFlag(flags: Flags, name: string): boolean {
  return flags[name] === true;
}
