/** Four significant digits, thousands separated; exact integers stay whole. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString('en-US');
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9 || magnitude < 1e-4) return value.toExponential(3);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(magnitude)));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 6),
    maximumFractionDigits: Math.min(digits, 6),
  });
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

export function formatValue(value: unknown): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** A share of a whole: `0.6 %`, `99.97 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent > 99 && percent < 100 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}
