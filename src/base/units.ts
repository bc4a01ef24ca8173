/** Milliseconds, possibly fractional. */
export type Millis = number & { readonly unit?: 'ms' };

/** Simulated time is an integer number of microseconds; names say so (`waitUs`). */
export const MICROS_PER_MILLI = 1_000;
export const MICROS_PER_SECOND = 1_000_000;
