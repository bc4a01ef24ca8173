import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import type { TraceRequest } from './trace-request.ts';

interface Session {
  round: number;
  /** Of the round before: prompt and output tokens, and when it ended; NaN = not known. */
  context: number;
  endUs: number;
  /** Whether rounds before the first one are not in the trace. */
  cut: boolean;
}

/** Numbers the rounds of sessions in order of their times. Memory grows with the number of sessions. */
export class SessionRounds {
  readonly #sessions = new Map<string, Session>();

  /** How many there are. */
  get count(): number {
    return this.#sessions.size;
  }

  /** A round that is not in the trace: later ones cannot repeat it. */
  passOver({ fields }: TraceRequest): void {
    const id = fields?.sessionId ?? '';
    if (id !== '' && !this.#sessions.has(id)) {
      this.#sessions.set(own(id), { round: 0, context: 0, endUs: Number.NaN, cut: true });
    }
  }

  /** What a request's place in its session says. */
  next(request: TraceRequest): Partial<TraceRow> {
    const { fields, inputTokens, outputTokens, atUs, measured } = request;
    const id = fields?.sessionId ?? '';
    if (id === '') return {};
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = { round: 0, context: 0, endUs: Number.NaN, cut: false };
      this.#sessions.set(own(id), session);
    }
    const pauseUs = Number.isNaN(session.endUs) ? 0 : Math.max(0, Math.round(atUs - session.endUs));
    const thinkTimeUs = session.round === 0 ? 0 : (fields?.thinkTimeUs ?? pauseUs);
    const repeated = repeatedTokens(request, session);
    const roundIndex = session.round;
    session.round++;
    session.context = inputTokens + outputTokens;
    session.endUs = measured === undefined || measured.e2eUs < 0 ? Number.NaN : atUs + measured.lateUs + measured.e2eUs;
    return { roundIndex, thinkTimeUs, ...(repeated > 0 ? { repeatedTokens: repeated } : { repeatedTokens: 0 }) };
  }
}

function repeatedTokens({ fields, inputTokens, carriesOn }: TraceRequest, session: Session): number {
  if (session.round === 0) return session.cut ? 0 : (fields?.repeatedTokens ?? 0);
  if (carriesOn) return inputTokens >= session.context ? session.context : 0;
  return Math.min(fields?.repeatedTokens ?? 0, session.context);
}

/** A copy: a part of a text would keep the whole text in memory. */
function own(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
