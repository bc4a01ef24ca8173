import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { USUAL_READING } from '../../connect/traces/read-whole-trace.ts';
import type { ShapeOptions } from '../../connect/traces/shape-trace.ts';
import { parseMoment } from '../../connect/traces/time-text.ts';
import { FORMAT_NAMES } from '../../connect/traces/trace-formats.ts';
import type { AbsoluteWindow } from '../../connect/traces/trace-import.ts';
import type { ReadOptions, TimeUnit } from '../../connect/traces/trace-request.ts';
import type { Flags } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';

const PART = 'What to take:';
const READ = 'How to read:';

export function declareTraceFlags(parser: Argv): Argv {
  const text = (describe: string, group: string) => ({ type: 'string', describe, group, requiresArg: true }) as const;
  const names = FORMAT_NAMES.join(', ');
  return parser.options({
    format: text(`auto, or one of ${names} [default: auto]`, READ),
    from: text('first moment: a time after the first request (90, 10m, 2h, 1d) or a date', PART),
    to: text('last moment, not included: the same', PART),
    limit: text('most requests', PART),
    sample: text('share of the sessions, 0 to 1; requests without a session one by one', PART),
    'rate-factor': text('2 = twice as many requests per second [default: 1]', PART),
    spread: text('move requests of one moment apart, evenly over so many seconds [default: 0]', PART),
    run: text('of several runs in a file the one with this number, from 0', PART),
    'keep-failed': { type: 'boolean', describe: 'keep failed requests, with at least one output token', group: PART },
    'time-unit': text('s, ms, us or ns for plain numbers in the time column', READ),
    'block-tokens': text('tokens for which one hash id stands [default: as in the format]', READ),
    'tokens-per-image': text('prompt tokens of an image [default: 0]', READ),
    rate: text('starts per second where the file has no times [default: that of the file, else 1]', READ),
    arrivals: text('even or gamma, where the file has no times [default: even]', READ),
    'think-time': text('pause between rounds where the file has no times, s [default: 10]', READ),
    'first-pair': {
      type: 'boolean',
      describe: 'of conversations the first question and answer only, of usual length, as benchmarks do',
      group: READ,
    },
    'keep-models': {
      type: 'boolean',
      describe: 'write the names of models; a cluster refuses requests for models that it does not serve',
      group: READ,
    },
    seed: text('of sampling and of gamma arrivals [default: 0]', READ),
    strict: { type: 'boolean', describe: 'refuse a file with a row that cannot be read', group: READ },
  });
}

export function readOptions(flags: Flags): ReadOptions {
  return {
    timeUnit: choice(flags, 'time-unit', ['s', 'ms', 'us', 'ns'] satisfies readonly TimeUnit[]),
    keepFailed: switchFlag(flags, 'keep-failed'),
    rate: number(flags, 'rate', { above: 0 }),
    thinkS: number(flags, 'think-time', { least: 0 }) ?? USUAL_READING.thinkS,
    arrivals: choice(flags, 'arrivals', ['even', 'gamma']) ?? 'even',
    seed: integerText(flags, 'seed', 0) ?? 0,
    blockTokens: integerText(flags, 'block-tokens', 1) ?? null,
    tokensPerImage: integerText(flags, 'tokens-per-image', 0) ?? 0,
    firstPair: switchFlag(flags, 'first-pair'),
    run: integerText(flags, 'run', 0) ?? null,
    keepModels: switchFlag(flags, 'keep-models'),
  };
}

export function shapeOptions(flags: Flags): { readonly shape: ShapeOptions; readonly window: AbsoluteWindow } {
  const [from, to] = [bound(flags, 'from'), bound(flags, 'to')];
  const shape: ShapeOptions = {
    fromUs: from?.kind === 'since' ? from.us : 0,
    toUs: to?.kind === 'since' ? to.us : Number.POSITIVE_INFINITY,
    limit: integerText(flags, 'limit', 1) ?? Number.POSITIVE_INFINITY,
    sample: number(flags, 'sample', { above: 0, most: 1 }) ?? 1,
    seed: integerText(flags, 'seed', 0) ?? 0,
    rateFactor: number(flags, 'rate-factor', { above: 0 }) ?? 1,
    spreadUs: (number(flags, 'spread', { least: 0 }) ?? 0) * 1e6,
  };
  const window = {
    fromS: from?.kind === 'date' ? from.seconds : null,
    toS: to?.kind === 'date' ? to.seconds : null,
  };
  const [start, end] = window.toS === null ? [shape.fromUs, shape.toUs] : [window.fromS ?? 0, window.toS];
  if (from?.kind === to?.kind && end <= start) {
    throw new InputError('must be after --from', { path: ['--to'] });
  }
  return { shape, window };
}

type Bound = { readonly kind: 'since'; readonly us: number } | { readonly kind: 'date'; readonly seconds: number };

const SECONDS: Readonly<Record<string, number>> = { ms: 1e-3, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

function bound(flags: Flags, name: string): Bound | null {
  const text = textFlag(flags, name);
  if (text === undefined) return null;
  const since = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  const unit = since === null ? undefined : SECONDS[since[2] || 's'];
  if (since !== null && unit !== undefined) return { kind: 'since', us: Math.round(Number(since[1]) * unit * 1e6) };
  const date = parseMoment(text.trim(), 's');
  if (date?.dated) return { kind: 'date', seconds: date.seconds + date.us / 1e6 };
  throw new InputError(`must be a time like 90, 10m, 2h, 1d or a date, got ${shortText(text)}`, {
    path: [`--${name}`],
  });
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most?: number;
}

function number(flags: Flags, name: string, { above, least, most }: Bounds): number | null {
  const text = textFlag(flags, name);
  if (text === undefined) return null;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const low = above === undefined || value > above;
  if (
    Number.isFinite(value) &&
    low &&
    !(least !== undefined && value < least) &&
    !(most !== undefined && value > most)
  ) {
    return value;
  }
  const rule = [
    ...(above === undefined ? [] : [`> ${above}`]),
    ...(least === undefined ? [] : [`≥ ${least}`]),
    ...(most === undefined ? [] : [`≤ ${most}`]),
  ].join(' and ');
  throw new InputError(`must be a number ${rule}, got ${shortText(text)}`, { path: [`--${name}`] });
}

function choice<T extends string>(flags: Flags, name: string, known: readonly T[]): T | null {
  const text = textFlag(flags, name);
  if (text === undefined) return null;
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new InputError(`must be one of ${known.join(', ')}, got ${shortText(text)}`, { path: [`--${name}`] });
}
