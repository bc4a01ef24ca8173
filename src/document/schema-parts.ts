import { z } from 'zod';
import { InputError } from '../base/errors.ts';
import { toldIssue } from './schema.ts';

/** A key that may be left out or left empty (null); both give `fallback`. */
export function orElse<S extends z.ZodType, F>(schema: S, fallback: F) {
  return z.nullish(schema).transform((value): NonNullable<z.output<S>> | F => value ?? fallback);
}

/**
 * A whole number of any size that a double holds: 1e18 may stand for "never". One refinement says all of its rule, and
 * does not stop the checks of the map around it, as `abort` would.
 */
export function wholeNumber({ least, most }: { readonly least?: number; readonly most?: number } = {}) {
  const bounds = [least === undefined ? '' : `≥ ${least}`, most === undefined ? '' : `≤ ${most}`];
  const error = ['must be an integer', bounds.filter((bound) => bound !== '').join(' and ')].join(' ').trim();
  const fits = (value: number): boolean =>
    Number.isInteger(value) && !(least !== undefined && value < least) && !(most !== undefined && value > most);
  return z
    .number({ error })
    .refine(fits, { error })
    .meta({
      type: 'integer',
      ...(least === undefined ? {} : { minimum: least }),
      ...(most === undefined ? {} : { maximum: most }),
    });
}

/** A name; a number written without quotes is taken as its text. */
export const nameText = z
  .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string().min(1))
  .meta({ type: ['string', 'number'] });

/** True or false, also in the words of YAML 1.1, which wrote them as on and off. */
export const onOff = z.literal([true, false, 'on', 'off']).transform((value) => value === true || value === 'on');

/** A transform by `read`; where that throws an InputError, `parseWith` reports it word for word. */
export function readBy<A, B>(read: (value: A) => B): (value: A, context: z.RefinementCtx<A>) => B {
  return (value, context) => {
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const problem of error.problems()) context.addIssue(toldIssue(problem));
      return z.NEVER;
    }
  };
}
