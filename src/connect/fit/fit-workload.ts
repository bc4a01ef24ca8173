import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { generateWorkload } from '../../simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { apart, arrivalDocument, type FittedArrivals, fitArrivals } from './fit-arrivals.ts';
import { fitLengths } from './fit-lengths.ts';
import { prefixGroups } from './fit-prefixes.ts';
import { carriesOn, medianPause, newTokens, type SessionClass, type Sessions, sessionClasses } from './fit-sessions.ts';

/** A synthetic workload that resembles a trace. */
export interface FittedWorkload {
  readonly document: JsonObject;
  /** What was fitted: arrivals, then a line for each client. */
  readonly clients: readonly string[];
  readonly notes: readonly string[];
}

const SEED = 42;
/** Rates of tenths of a trace that differ by more than this factor are no one rate. */
const STEADY_FACTOR = 2;

/** One client with the requests, or sessions, that it stands for. */
interface Part {
  readonly id: string;
  readonly startsUs: readonly number[];
  readonly prompts: readonly number[];
  readonly outputs: readonly number[];
  readonly more: JsonObject;
  readonly what: string;
}

/**
 * A workload document for the requests of a trace: clients by shared prefix and by length of sessions, each with its laws of lengths.
 * All have the arrival process of the whole: counts of independent streams vary as much together as each does alone, while a
 * part of one bursty stream is smoother than the stream. Prompt and output are drawn independently of one another.
 * @param rows - in order of their times
 * @throws InputError for fewer than two requests
 */
export function fitWorkload(rows: readonly TraceRow[]): FittedWorkload {
  if (rows.length < 2) throw new InputError(`a workload is fitted to two requests at least, got ${rows.length}`);
  const sessions = sessionClasses(rows);
  const parts = [...singleParts(sessions), ...sessions.classes.map(sessionPart)];
  const starts = parts.flatMap(({ startsUs }) => startsUs).sort((a, b) => a - b);
  const { timesUs, moved } = apart(starts);
  const overall = fitArrivals(timesUs);
  const fitted = parts.map((part) => fitPart(part, overall, starts.length));
  const document: JsonObject = {
    version: '2',
    seed: SEED,
    aggregate_rate: Number(overall.ratePerSecond.toPrecision(6)),
    num_requests: rows.length,
    clients: fitted.map(({ document: client }) => client),
  };
  return {
    document: { ...document, num_requests: requestsFor(document, starts.length, rows.length) },
    clients: [arrivalLine(overall), ...fitted.map(({ line }) => line)],
    notes: notes({ starts, moved, overall, hasSessions: sessions.classes.length > 0 }),
  };
}

function arrivalLine({ process, cv, ratePerSecond }: FittedArrivals): string {
  const variation = process === 'gamma' || process === 'weibull' ? ` with a variation of ${cv.toPrecision(3)}` : '';
  return `arrivals: ${process}${variation}, ${ratePerSecond.toPrecision(4)} starts per second`;
}

/** Requests of no session: by shared prefix, and the rest. */
function singleParts({ single }: Sessions): readonly Part[] {
  const groups = prefixGroups(single);
  const taken = new Set(groups.flatMap(({ members }) => members));
  const rest = single.filter((_, place) => !taken.has(place));
  const parts = groups.map(({ name, tokens, members }) =>
    singlePart(
      members.map((place) => single[place]!),
      { id: name, tokens },
    ),
  );
  return rest.length === 0 ? parts : [...parts, singlePart(rest, null)];
}

function singlePart(rows: readonly TraceRow[], prefix: { readonly id: string; readonly tokens: number } | null): Part {
  const shared = prefix?.tokens ?? 0;
  return {
    id: prefix?.id ?? 'single',
    startsUs: rows.map((row) => row.arrivalTimeUs),
    prompts: rows.map((row) => Math.max(1, row.inputTokens + row.prefixLength - shared)),
    outputs: rows.map((row) => row.outputTokens),
    more: prefix === null ? {} : { prefix_group: prefix.id, prefix_length: shared },
    what: prefix === null ? 'requests' : `requests with ${shared} tokens in common`,
  };
}

function sessionPart({ rounds, sessions }: SessionClass): Part {
  const thinkUs = medianPause(sessions);
  const grows = carriesOn(sessions);
  return {
    id: `rounds-${rounds}`,
    startsUs: sessions.map((session) => session[0]!.arrivalTimeUs),
    prompts: sessions.flatMap(grows ? newTokens : (session) => session.map((row) => row.inputTokens)),
    outputs: sessions.flatMap((session) => session.map((row) => row.outputTokens)),
    more: {
      reasoning: {
        multi_turn: { max_rounds: rounds, think_time_us: thinkUs, context_growth: grows ? 'accumulate' : '' },
      },
      closed_loop: true,
    },
    what: `sessions of ${rounds} rounds, ${thinkUs / 1e6} s apart`,
  };
}

function fitPart(
  part: Part,
  overall: FittedArrivals,
  all: number,
): { readonly document: JsonObject; readonly line: string } {
  const [prompts, outputs] = [fitLengths(part.prompts), fitLengths(part.outputs)];
  const share = part.startsUs.length / all;
  return {
    document: {
      id: part.id,
      rate_fraction: Number(share.toPrecision(6)),
      arrival: arrivalDocument(overall),
      input_distribution: prompts.document,
      output_distribution: outputs.document,
      ...part.more,
    },
    line: `${part.id}: ${(100 * share).toPrecision(3)} %, ${part.what}; prompts ${prompts.type}, answers ${outputs.type}`,
  };
}

/**
 * The number of requests that gives as many starts as the trace has: it counts rounds that are laid out beforehand, of which
 * closed-loop sessions keep the first.
 */
function requestsFor(document: JsonObject, starts: number, rows: number): number {
  if (starts === rows) return rows;
  let wanted = rows;
  for (let step = 0; step < 6; step++) {
    const { initial } = generateWorkload(parseWorkload({ ...document, num_requests: wanted }));
    if (Math.abs(initial.length - starts) <= 0.01 * starts) break;
    wanted = Math.max(1, Math.round((wanted * starts) / Math.max(1, initial.length)));
  }
  return wanted;
}

interface Findings {
  readonly starts: readonly number[];
  readonly moved: number;
  readonly overall: FittedArrivals;
  readonly hasSessions: boolean;
}

function notes({ starts, moved, overall, hasSessions }: Findings): readonly string[] {
  const factor = rateChange(starts);
  return [
    'prompts and answers are drawn independently: what correlation they have is left out',
    ...(moved > starts.length / 20
      ? [
          `${moved} starts came at the moment of another; they were moved apart evenly, so the process is smoother than it may have been`,
        ]
      : []),
    ...(overall.unresolved > 0.01
      ? [
          `${(100 * overall.unresolved).toPrecision(2)} % of the gaps are shorter than times can tell; the variation is that of the gaps`,
        ]
      : []),
    ...(factor > STEADY_FACTOR
      ? [
          `the rate is not steady: of ten parts of the trace the busiest has ${factor.toPrecision(2)} times the requests of the quietest; fit a window of it`,
        ]
      : []),
    ...(hasSessions
      ? ['sessions run in closed loop: later rounds follow the end of the one before after the median pause']
      : []),
  ];
}

function rateChange(starts: readonly number[]): number {
  const span = starts.at(-1)! - starts[0]!;
  if (starts.length < 200 || span === 0) return 1;
  const counts = new Array<number>(10).fill(0);
  for (const us of starts) counts[Math.min(9, Math.floor((10 * (us - starts[0]!)) / span))]!++;
  return Math.max(...counts) / Math.max(1, Math.min(...counts));
}
