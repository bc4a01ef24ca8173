import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import type { ArrivalProcess } from './arrival-process.ts';
import { amount, orDefault, whole } from './written-values.ts';

const atLeastZero = amount({ min: 0 });
const positive = amount({ above: 0 });
/** Beyond, doubles do not hold the shape of a gamma process. */
const gammaCv = amount({ min: 1e-6, max: 1000 });

const segmentList = z
  .array(
    z.strictObject({
      until: orDefault(positive, Number.MAX_VALUE).describe('default: for ever'),
      rate: orDefault(atLeastZero, 0),
    }),
  )
  .min(1);

type Segments = z.output<typeof segmentList>;

/** `{ process: poisson, rate: 5 }` and so on, Poisson where no process is named; times in seconds, rates per second. */
export const arrivalSchema = z.discriminatedUnion('process', [
  z
    .strictObject({ process: z.literal('poisson').nullish(), rate: positive })
    .transform(({ rate }): ArrivalProcess => ({ kind: 'poisson', rate })),
  z
    .strictObject({ process: z.literal('at-once'), at: orDefault(atLeastZero, 0) })
    .transform(({ at }): ArrivalProcess => ({ kind: 'at-once', at })),
  z
    .strictObject({ process: z.literal('constant'), rate: positive })
    .transform(({ rate }): ArrivalProcess => ({ kind: 'constant', rate })),
  z
    .strictObject({ process: z.literal('gamma'), rate: positive, cv: orDefault(gammaCv, 1) })
    .transform(({ rate, cv }): ArrivalProcess => ({ kind: 'gamma', rate, cv })),
  z
    .strictObject({ process: z.literal('uniform'), start: orDefault(atLeastZero, 0), end: positive.nullish() })
    .transform(readBy(({ start, end }): ArrivalProcess => ({ kind: 'uniform', start, end: after(start, end, 'end') }))),
  z
    .strictObject({
      process: z.literal('burst'),
      size: orDefault(whole({ min: 1 }), 20),
      interval: orDefault(atLeastZero, 50),
      jitter: orDefault(atLeastZero, 0.1),
    })
    .transform(({ size, interval, jitter }): ArrivalProcess => ({ kind: 'burst', size, interval, jitter })),
  z
    .strictObject({
      process: z.literal('flash-crowd'),
      rate: positive,
      peak: orDefault(positive, 10),
      from: orDefault(atLeastZero, 0),
      to: positive.nullish(),
    })
    .transform(
      readBy(({ rate, peak, from, to }): ArrivalProcess => {
        return { kind: 'flash-crowd', rate, peak, from, to: after(from, to, 'to') };
      }),
    ),
  z
    .strictObject({ process: z.literal('piecewise'), segments: segmentList.transform(readBy(checkedSegments)) })
    .transform(({ segments }): ArrivalProcess => ({ kind: 'piecewise', segments })),
  z
    .strictObject({
      process: z.literal('sinusoid'),
      rate: positive,
      amplitude: orDefault(amount({ min: 0, max: 1 }), 0.5),
      period: orDefault(positive, 60),
    })
    .transform(({ rate, amplitude, period }): ArrivalProcess => ({ kind: 'sinusoid', rate, amplitude, period })),
]);

/** The end of an interval, one second after its start unless given. */
function after(start: number, end: number | null | undefined, key: string): number {
  const value = end ?? start + 1;
  if (value <= start) throw new InputError(`must be a number > ${start}, got ${value}`, { path: [key] });
  return value;
}

function checkedSegments(segments: Segments): Segments {
  for (const [index, { until }] of segments.entries()) {
    const previous = segments[index - 1]?.until ?? 0;
    if (until <= previous) {
      throw new InputError(`must be a number > ${previous}, got ${until}`, { path: [index, 'until'] });
    }
  }
  if (segments.at(-1)!.rate === 0) throw new InputError('must end with a rate > 0, or arrivals would stop');
  return segments;
}
