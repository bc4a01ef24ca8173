const DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^[01](_?[01])*$/,
  8: /^[0-7](_?[0-7])*$/,
  10: /^\d(_?\d)*$/,
  16: /^[\da-f](_?[\da-f])*$/i,
};
const PREFIXES: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };

/**
 * An integer written as Go's flags take it: decimal, `0x…`, `0o…` or `0…` (octal), `0b…`, with a sign and with single
 * underscores between digits. undefined for any other text.
 */
export function integerFromText(text: string): bigint | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  const value = magnitude(digits);
  return value === undefined || sign !== '-' ? value : -value;
}

function magnitude(text: string): bigint | undefined {
  if (text === '0') return 0n;
  if (!text.startsWith('0')) return inBase(10, text);
  const base = PREFIXES[text[1]!.toLowerCase()];
  // An underscore may follow the prefix.
  const rest = text.slice(base === undefined ? 1 : 2).replace(/^_/, '');
  return inBase(base ?? 8, rest);
}

function inBase(base: number, digits: string): bigint | undefined {
  if (!DIGITS[base]!.test(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  return base === 10 ? BigInt(plain) : BigInt(`0${base === 2 ? 'b' : base === 8 ? 'o' : 'x'}${plain}`);
}
