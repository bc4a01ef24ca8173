/**
 * `value` with `digits` decimals as C and Go print it: exact binary ties round to even, where `toFixed` rounds them up.
 */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  // value · 10^digits lies half-way between integers exactly if value · 2^(digits+1) is an odd integer.
  const halves = Math.abs(value) * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return value.toFixed(digits);
  const doubled = BigInt(halves) * 5n ** BigInt(digits);
  const below = doubled / 2n;
  const text = (below % 2n === 0n ? below : below + 1n).toString().padStart(digits + 1, '0');
  const split = text.length - digits;
  return `${value < 0 ? '-' : ''}${text.slice(0, split)}${digits === 0 ? '' : `.${text.slice(split)}`}`;
}
