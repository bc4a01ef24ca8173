import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import type { SessionRounds } from './session-rounds.ts';
import type { DropCount, Measured, TraceRequest } from './trace-request.ts';

/** What part of a trace is taken, and how it is stretched. */
export interface ShapeOptions {
  /** µs after the first request of the file. */
  readonly fromUs: number;
  /** Infinity = to the end. */
  readonly toUs: number;
  /** Most requests; Infinity = all. */
  readonly limit: number;
  /** Share of the sessions, in (0, 1]; requests without one are sessions of their own. */
  readonly sample: number;
  readonly seed: number;
  /** 2 = twice as many requests per second. */
  readonly rateFactor: number;
  /** Requests of one instant are spread evenly over this time, µs; 0 = they stay together. */
  readonly spreadUs: number;
}

/** A row without what only its place in the trace can tell. */
const EMPTY_ROW: TraceRow = {
  requestId: 0,
  clientId: '',
  tenantId: '',
  sloClass: '',
  sessionId: '',
  roundIndex: 0,
  prefixGroup: '',
  prefixLength: 0,
  streaming: false,
  inputTokens: 0,
  outputTokens: 0,
  textTokens: 0,
  imageTokens: 0,
  audioTokens: 0,
  videoTokens: 0,
  reasonRatio: 0,
  model: '',
  deadlineUs: 0,
  sloTargetUs: 0,
  serverInputTokens: 0,
  arrivalTimeUs: 0,
  sendTimeUs: 0,
  firstChunkTimeUs: 0,
  lastChunkTimeUs: 0,
  numChunks: 0,
  status: 'ok',
  errorMessage: '',
  finishReason: '',
  xRequestId: '',
  adapter: '',
  thinkTimeUs: 0,
};

/** Rows of a trace, of requests that come in order of their times. */
export function* shapeTrace(
  sorted: Iterable<TraceRequest>,
  options: ShapeOptions,
  { dropped, sessions }: { readonly dropped: DropCount; readonly sessions: SessionRounds },
): Generator<TraceRow> {
  const chosen = sampler(options);
  let startUs = Number.NaN;
  let firstUs = Number.NaN;
  let place = 0;
  let written = 0;
  for (const request of spread(sorted, options.spreadUs)) {
    if (Number.isNaN(startUs)) startUs = request.atUs;
    const sinceUs = request.atUs - startUs;
    const wanted = chosen(request, place++);
    if (!wanted || sinceUs < options.fromUs || sinceUs >= options.toUs || written >= options.limit) {
      dropped.add(reasonOf(wanted, sinceUs, options));
      if (wanted && sinceUs < options.fromUs) sessions.passOver(request);
      continue;
    }
    if (Number.isNaN(firstUs)) firstUs = request.atUs;
    const arrivalUs = Math.round((request.atUs - firstUs) / options.rateFactor);
    const round = sessions.next(request);
    yield rowOf(request, { requestId: written, arrivalUs, stretched: options.rateFactor !== 1 }, round);
    written++;
  }
}

function reasonOf(wanted: boolean, sinceUs: number, { fromUs, toUs }: ShapeOptions) {
  if (!wanted) return 'not sampled';
  if (sinceUs < fromUs) return 'before the window';
  return sinceUs >= toUs ? 'after the window' : 'beyond the limit';
}

interface Place {
  readonly requestId: number;
  readonly arrivalUs: number;
  /** Times were changed, so that what was measured no longer belongs to them. */
  readonly stretched: boolean;
}

function rowOf(request: TraceRequest, { requestId, arrivalUs, stretched }: Place, round: Partial<TraceRow>): TraceRow {
  const { measured, fields } = request;
  const deadline = fields?.deadlineUs ?? 0;
  return {
    ...EMPTY_ROW,
    ...fields,
    ...round,
    requestId,
    inputTokens: request.inputTokens,
    outputTokens: request.outputTokens,
    deadlineUs: deadline > 0 ? arrivalUs + deadline : 0,
    arrivalTimeUs: arrivalUs,
    ...timesOf(arrivalUs, stretched ? undefined : measured),
  };
}

function timesOf(arrivalUs: number, measured: Measured | undefined): Partial<TraceRow> {
  if (measured === undefined) return { sendTimeUs: arrivalUs, firstChunkTimeUs: 0, lastChunkTimeUs: 0 };
  const sendTimeUs = arrivalUs + measured.lateUs;
  return {
    sendTimeUs,
    firstChunkTimeUs: measured.ttftUs < 0 ? 0 : sendTimeUs + measured.ttftUs,
    lastChunkTimeUs: measured.e2eUs < 0 ? 0 : sendTimeUs + measured.e2eUs,
  };
}

/** Requests of one instant, moved apart evenly, but never past the next instant. */
function* spread(sorted: Iterable<TraceRequest>, spreadUs: number): Generator<TraceRequest> {
  if (spreadUs === 0) {
    yield* sorted;
    return;
  }
  let together: TraceRequest[] = [];
  for (const request of sorted) {
    const atUs = together[0]?.atUs;
    if (atUs !== undefined && request.atUs !== atUs) {
      yield* apart(together, Math.min(spreadUs, request.atUs - atUs));
      together = [];
    }
    together.push(request);
  }
  yield* apart(together, spreadUs);
}

function* apart(together: readonly TraceRequest[], overUs: number): Generator<TraceRequest> {
  for (const [index, request] of together.entries()) {
    yield { ...request, atUs: request.atUs + (overUs * index) / together.length };
  }
}

/** Whether a request is in the sample: whole sessions are, or are not. */
function sampler({ sample, seed }: ShapeOptions): (request: TraceRequest, place: number) => boolean {
  if (sample >= 1) return () => true;
  return ({ fields }, place) => share(`${seed} ${fields?.sessionId || place}`) < sample;
}

/** A text as a number in [0, 1): FNV-1a with a final mix, so that neighbours are far apart. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
