/** Four significant digits, thousands separated; exact integers stay whole. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return withDigits(value, 0);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9 || magnitude < 1e-4) return value.toExponential(3);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(magnitude)));
  return withDigits(value, Math.min(digits, 6));
}

/** By digits after the point. Making a formatter takes sixty times as long as using it, and pages show thousands of numbers. */
const formatters: (Intl.NumberFormat | undefined)[] = [];

function withDigits(value: number, digits: number): string {
  formatters[digits] ??= new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return formatters[digits].format(value);
}

/** `+12.3 %`. @param digits - after the point; default: two below 10 %, one from there */
export function formatPercent(share: number, digits?: number): string {
  const percent = share * 100;
  return `${percent >= 0 ? '+' : '−'}${Math.abs(percent).toFixed(digits ?? (Math.abs(percent) < 10 ? 2 : 1))} %`;
}

/** A change as a share, or in the metric's unit where it is a difference. */
export function formatChange(scale: 'log-ratio' | 'difference', change: number): string {
  if (scale === 'log-ratio') return formatPercent(change);
  return `${change >= 0 ? '+' : '−'}${formatNumber(Math.abs(change))}`;
}

/** A value of a parameter; `–` where it is not in use. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** A share of a whole: `0.6 %`, `99.97 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent > 99 && percent < 100 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}
