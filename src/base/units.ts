/** Simulated time or duration: an integer number of microseconds. */
export type Micros = number & { readonly unit?: 'us' };
/** Milliseconds, possibly fractional. */
export type Millis = number & { readonly unit?: 'ms' };
/** A count of tokens. */
export type Tokens = number & { readonly unit?: 'tokens' };

export const MICROS_PER_MILLI = 1_000;
export const MICROS_PER_SECOND = 1_000_000;

export function microsToMillis(us: Micros): Millis {
  return us / MICROS_PER_MILLI;
}

export function microsToSeconds(us: Micros): number {
  return us / MICROS_PER_SECOND;
}
