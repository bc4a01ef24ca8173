import type { ReadContext, TimeUnit } from './trace-request.ts';

/** A moment: whole seconds, and µs below a second with the fractions that were written. */
export interface Moment {
  readonly seconds: number;
  readonly us: number;
  /** Whether it is a date, not a number of the file's own clock. */
  readonly dated: boolean;
}

const DATE =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$/;
const PLAIN = /^([+-]?)(\d+)(?:\.(\d*))?$/;

/**
 * A date-time (ISO 8601, with a space or T, any number of decimals, any or no zone; no zone is UTC) or a number.
 * @param unit - of numbers; `epoch` = by their size: ns, µs, ms or s since 1970, small ones are seconds
 * @returns null for what is neither
 */
export function parseMoment(text: string, unit: TimeUnit | 'epoch'): Moment | null {
  const plain = PLAIN.exec(text);
  if (plain !== null) return ofDecimal(plain, unit);
  const date = DATE.exec(text);
  if (date !== null) return ofDate(date);
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? ofNumber(value, unit) : null;
}

/** A number read from JSON. */
export function ofNumber(value: number, unit: TimeUnit | 'epoch'): Moment {
  const known = unit === 'epoch' ? sizedUnit(value) : unit;
  const scaled = value / PER_SECOND[known];
  const seconds = Math.floor(scaled);
  // From the written value, not from the rounded quotient.
  const us = ((value - seconds * PER_SECOND[known]) * 1e6) / PER_SECOND[known];
  return { seconds, us, dated: Math.abs(scaled) > 1e8 };
}

/** µs since the first moment's whole second, which becomes the origin. */
export function sinceOrigin(moment: Moment, context: ReadContext): number {
  context.originS ??= moment.seconds;
  return (moment.seconds - context.originS) * 1e6 + moment.us;
}

const PER_SECOND: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };
const DIGITS: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 };

/** Seconds since 1970 have ten digits. */
function sizedUnit(value: number): TimeUnit {
  const size = Math.abs(value);
  return size > 1e17 ? 'ns' : size > 1e14 ? 'us' : size > 1e11 ? 'ms' : 's';
}

/** The digits of a decimal number, parted at the second: doubles do not hold 0.1 µs since 1970. */
function ofDecimal([, sign, whole = '', fraction = '']: RegExpExecArray, unit: TimeUnit | 'epoch'): Moment {
  const known = unit === 'epoch' ? sizedUnit(Number(whole)) : unit;
  const shift = DIGITS[known];
  const padded = shift === 0 ? whole : whole.padStart(shift + 1, '0');
  const seconds = Number(shift === 0 ? padded : padded.slice(0, -shift));
  const below = (shift === 0 ? '' : padded.slice(-shift)) + fraction;
  const us = microseconds(below);
  const dated = seconds > 1e8;
  if (sign !== '-') return { seconds, us, dated };
  return us === 0 ? { seconds: -seconds, us: 0, dated } : { seconds: -seconds - 1, us: 1e6 - us, dated };
}

/** µs of the digits behind the point of a second. */
function microseconds(digits: string): number {
  if (digits === '') return 0;
  return digits.length <= 6 ? Number(digits.padEnd(6, '0')) : Number(`${digits.slice(0, 6)}.${digits.slice(6)}`);
}

function ofDate(match: RegExpExecArray): Moment | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const parts = new Date(ms);
  // A 31st of February would silently be another day.
  if (parts.getUTCDate() !== Number(day) || parts.getUTCMonth() + 1 !== Number(month)) return null;
  return { seconds: ms / 1000 - zoneSeconds(zone), us: microseconds(fraction), dated: true };
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3).replace(':', '') || '0'];
  return (zone[0] === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
