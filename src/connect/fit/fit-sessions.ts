import { repeatedOf } from '../../simulators/workload/trace-content.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';

/** Sessions with about as many rounds. */
export interface SessionClass {
  readonly rounds: number;
  readonly sessions: readonly (readonly TraceRow[])[];
}

/** Classes of sessions that a document has at most. */
const MOST_CLASSES = 8;

export interface Sessions {
  readonly classes: readonly SessionClass[];
  /** Requests outside of sessions, and sessions of one round. */
  readonly single: readonly TraceRow[];
}

/** Sessions by their number of rounds: few numbers each alone, many in classes of about as many sessions, rounded means. */
export function sessionClasses(rows: readonly TraceRow[]): Sessions {
  const byId = new Map<string, TraceRow[]>();
  const single: TraceRow[] = [];
  for (const row of rows) {
    if (row.sessionId === '') single.push(row);
    else if (byId.has(row.sessionId)) byId.get(row.sessionId)!.push(row);
    else byId.set(row.sessionId, [row]);
  }
  const long = [...byId.values()].filter((rounds) => rounds.length > 1);
  for (const rounds of byId.values()) if (rounds.length === 1) single.push(rounds[0]!);
  single.sort((a, b) => a.arrivalTimeUs - b.arrivalTimeUs);
  return { classes: grouped(long), single };
}

function grouped(sessions: readonly (readonly TraceRow[])[]): readonly SessionClass[] {
  const byRounds = new Map<number, (readonly TraceRow[])[]>();
  for (const rounds of sessions) {
    const known = byRounds.get(rounds.length);
    if (known === undefined) byRounds.set(rounds.length, [rounds]);
    else known.push(rounds);
  }
  const lengths = [...byRounds.keys()].sort((a, b) => a - b);
  if (lengths.length <= MOST_CLASSES) {
    return lengths.map((rounds) => ({ rounds, sessions: byRounds.get(rounds)! }));
  }
  const sorted = [...sessions].sort((a, b) => a.length - b.length);
  const classes: SessionClass[] = [];
  for (let k = 0; k < MOST_CLASSES; k++) {
    const members = sorted.slice((k * sorted.length) / MOST_CLASSES, ((k + 1) * sorted.length) / MOST_CLASSES);
    if (members.length === 0) continue;
    const mean = members.reduce((sum, rounds) => sum + rounds.length, 0) / members.length;
    classes.push({ rounds: Math.round(mean), sessions: members });
  }
  return classes;
}

/** Prompt tokens of each round that no round before it had. */
export function newTokens(rounds: readonly TraceRow[]): readonly number[] {
  return rounds.map((row, i) => Math.max(1, row.inputTokens - (i === 0 ? 0 : repeatedOf(rounds[i - 1]!, row))));
}

/** Whether rounds repeat most of the conversation before them. */
export function carriesOn(sessions: readonly (readonly TraceRow[])[]): boolean {
  let [repeated, before] = [0, 0];
  for (const rounds of sessions) {
    for (let i = 1; i < rounds.length; i++) {
      const { inputTokens, outputTokens } = rounds[i - 1]!;
      before += inputTokens + outputTokens;
      repeated += repeatedOf(rounds[i - 1]!, rounds[i]!);
    }
  }
  return repeated > before / 2;
}

/** Median pause between rounds, µs: as recorded, or else the distance of arrivals, which contains service time. */
export function medianPause(sessions: readonly (readonly TraceRow[])[]): number {
  const recorded = sessions.some((rounds) => rounds.some(({ thinkTimeUs }) => thinkTimeUs > 0));
  const pauses = sessions.flatMap((rounds) =>
    rounds
      .slice(1)
      .map((row, i) => (recorded ? row.thinkTimeUs : Math.max(0, row.arrivalTimeUs - rounds[i]!.arrivalTimeUs))),
  );
  pauses.sort((a, b) => a - b);
  return Math.round(pauses[Math.floor(pauses.length / 2)] ?? 0);
}
