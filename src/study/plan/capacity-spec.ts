import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { toldIssue } from '../../document/schema.ts';

/** Requests per second. */
export const rate = z.number().positive();

/** A share of requests. */
export const share = z.number().gt(0).max(1);

/** The key `capacity` of a study. */
export const capacityBlock = z
  .strictObject({
    /** Step of the rates that are tried (default 25). */
    grid: rate.optional(),
    /** Lowest and highest rate; multiples of the grid are tried between them. */
    from: rate,
    to: rate,
    /** Share of its requests that every class must serve within its targets (default 0.95). */
    attainment: share.optional(),
  })
  .superRefine(({ from, to, grid = DEFAULT_GRID }, context) => {
    if (to - from >= grid) return;
    context.addIssue(toldIssue(new InputError(`must be at least ${grid} above \`from\`, got ${to}`, { path: ['to'] })));
  });

export const DEFAULT_GRID = 25;
export const DEFAULT_ATTAINMENT = 0.95;

/** Rates that a search tries, and when one is met. */
export interface CapacityRange {
  readonly grid: number;
  readonly from: number;
  readonly to: number;
  readonly attainment: number;
}

export function capacityRange({ grid, from, to, attainment }: z.infer<typeof capacityBlock>): CapacityRange {
  return { grid: grid ?? DEFAULT_GRID, from, to, attainment: attainment ?? DEFAULT_ATTAINMENT };
}
