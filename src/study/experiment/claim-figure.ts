import type { Claim } from './experiment-file.ts';

/** An effect with its interval, as `ClaimResult` has it. */
export interface ClaimFigure {
  readonly scale: 'log-ratio' | 'difference' | 'mean' | null;
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** `0.595 [0.4884, 0.7025]`, or for relative changes `+40.5 % [+30.0 %, +51.3 %]`; `–` for what is not known. */
export function claimFigure(kind: Claim['kind'], { scale, effect, low, high }: ClaimFigure): string {
  const shown = kind === 'ratio' || scale !== 'log-ratio' ? plain : percent;
  const text = (value: number | null): string => (value === null ? '–' : shown(value));
  return `${text(effect)} [${text(low)}, ${text(high)}]`;
}

function percent(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value * 100).toFixed(1)} %`;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(4)));
}
