import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { identifier, toldIssue } from '../../document/schema.ts';
import type { Measurement, MeasureWindow, SloTarget, SloTargets } from '../../simulators/measurement.ts';

const PERCENT = /^(\d+(?:\.\d+)?)\s*%$/;
const milliseconds = z.number().positive();

/** The key `measure` of a study or experiment. */
export const measureBlock = z
  .strictObject({
    /** Left out at the start: a share of the first-round arrivals ("30%"), or simulated seconds. */
    warmup: z
      .union([
        z.number().min(0),
        z.string().regex(/^(\d|[1-9]\d)(\.\d+)?\s*%$/, { error: 'must be like 30%, below 100%' }),
      ])
      .optional(),
    /** Whether what happens after the last first-round arrival counts (default outside). */
    drain: z.enum(['outside', 'inside']).optional(),
    /** Simulated second at which the window closes, instead of the last first-round arrival. */
    end: z.number().positive().optional(),
    /** Requests per second that the cluster can serve: loads are then told as shares of it. */
    capacity: z.number().positive().optional(),
  })
  .superRefine(({ drain, end }, context) => {
    if (drain === 'inside' && end !== undefined) {
      const error = new InputError('cannot be combined with drain: inside', { path: ['end'] });
      context.addIssue(toldIssue(error));
    }
  });

const targets = z
  .strictObject({ ttft_ms: milliseconds.optional(), tpot_ms: milliseconds.optional(), e2e_ms: milliseconds.optional() })
  .superRefine((target, context) => {
    if (Object.values(target).some((value) => value !== undefined)) return;
    context.addIssue(toldIssue(new InputError('needs ttft_ms, tpot_ms or e2e_ms')));
  });

/** The key `slo`: latency targets by SLO class. */
export const sloBlock = z.record(identifier, targets);

export interface MeasureKeys {
  readonly measure?: z.infer<typeof measureBlock> | undefined;
  readonly slo?: z.infer<typeof sloBlock> | undefined;
}

/** What is measured as the keys say; null where there are none. */
export function measurementOf({ measure, slo }: MeasureKeys): Measurement | null {
  if (measure === undefined && slo === undefined) return null;
  return {
    window: measure === undefined ? null : windowOf(measure),
    slo: slo === undefined ? null : sloOf(slo),
    capacityRps: measure?.capacity ?? null,
  };
}

/** Keys of one of several workloads over those of the study. */
export function measureKeys(own: MeasureKeys, common: MeasureKeys): MeasureKeys {
  return { measure: own.measure ?? common.measure, slo: own.slo ?? common.slo };
}

function windowOf({ warmup = 0, drain = 'outside', end }: z.infer<typeof measureBlock>): MeasureWindow {
  const share = typeof warmup === 'string' ? Number(PERCENT.exec(warmup)![1]) / 100 : null;
  return {
    warmup: share === null ? { seconds: warmup as number } : { share },
    endS: end ?? null,
    drain,
  };
}

function sloOf(slo: z.infer<typeof sloBlock>): SloTargets {
  return Object.fromEntries(
    Object.entries(slo).map(([name, { ttft_ms = 0, tpot_ms = 0, e2e_ms = 0 }]) => [
      name,
      { ttftMs: ttft_ms, tpotMs: tpot_ms, e2eMs: e2e_ms },
    ]),
  );
}

const DIMENSIONS = { ttft: 'ttftMs', tpot: 'tpotMs', e2e: 'e2eMs' } as const;
const SLO_FORM = 'write it like "critical=ttft:200ms,tpot:15ms;standard=ttft:0.5s"';

/** Reads `class=ttft:200ms,tpot:15ms;class=…`. @throws InputError */
export function parseSloText(text: string): SloTargets {
  const classes = text.split(';').filter((part) => part.trim() !== '');
  if (classes.length === 0) throw new InputError('names no class', { suggestion: SLO_FORM });
  return Object.fromEntries(classes.map(classTargets));
}

function classTargets(text: string): [string, SloTarget] {
  const [name = '', list = ''] = text.split(/=(.*)/s).map((part) => part.trim());
  const target = { ttftMs: 0, tpotMs: 0, e2eMs: 0 };
  if (!identifier.safeParse(name).success) throw badSlo(text);
  for (const part of list.split(',')) {
    const found = /^\s*(ttft|tpot|e2e)\s*:\s*(\d+(?:\.\d+)?)\s*(ms|s)\s*$/.exec(part);
    const value = Number(found?.[2]) * (found?.[3] === 's' ? 1000 : 1);
    if (found === null || !(value > 0)) throw badSlo(part);
    target[DIMENSIONS[found[1] as keyof typeof DIMENSIONS]] = value;
  }
  return [name, target];
}

function badSlo(text: string): InputError {
  return new InputError(`cannot be read: ${shortText(text)}`, { suggestion: SLO_FORM });
}
