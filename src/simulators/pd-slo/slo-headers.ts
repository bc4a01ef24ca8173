import type { PairTargets } from '../kernel/pair-selection.ts';

export const TTFT_HEADER = 'x-slo-ttft-ms';
export const TPOT_HEADER = 'x-slo-tpot-ms';
/** Result header: address and port of the chosen prefill pod. */
export const PREFILLER_HEADER = 'x-prefiller-host-port';

export interface ParsedSloHeaders extends PairTargets {
  /** One message for each header that is no positive number; the request then counts as one without targets. */
  readonly problems: readonly string[];
}

const DECIMAL = /^[+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads the latency targets of a request. Header names are compared without case. */
export function parseSloHeaders(headers: Readonly<Record<string, string>>): ParsedSloHeaders {
  const problems: string[] = [];
  const read = (name: string): number | null => {
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
    if (key === undefined) return null;
    const text = headers[key]!.trim();
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value) && value > 0) return value;
    problems.push(`header ${name} must be a positive number, got "${headers[key]}"`);
    return null;
  };
  const ttftMs = read(TTFT_HEADER);
  const tpotMs = read(TPOT_HEADER);
  return problems.length > 0 ? { ttftMs: null, tpotMs: null, problems } : { ttftMs, tpotMs, problems };
}
