import { describe, expect, it } from 'vitest';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { goRandom } from '../../../src/simulators/workload/go-random.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { replayWorkload } from '../../../src/simulators/workload/replay-workload.ts';
import { parseThinkTime } from '../../../src/simulators/workload/think-time.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import type { TraceRow } from '../../../src/simulators/workload/trace-row.ts';
import { readText } from './fixtures.ts';
import { TokenLog } from './token-log.ts';

const target = readTraceCsv(readText('target2.csv'), 'target2.csv');
const multiturn = readTraceCsv(readText('multiturn.csv'), 'multiturn.csv');
/** A recording whose later rounds hold only their new tokens. */
const sessions = multiturn.map(
  (row): TraceRow => ({ ...row, inputTokens: 20 + row.roundIndex, prefixLength: 30, prefixGroup: 'chat' }),
);

const fixed = { seed: 42, mode: 'fixed', accumulate: false } as const;
const closed = { seed: 42, mode: 'closed-loop', accumulate: true } as const;

describe('replay at recorded times', () => {
  it('gives the lengths, times and sharing of the run that was recorded', () => {
    const { initial: original } = generateWorkload(parseWorkload(JSON.parse(readText('target2-spec.json'))));
    const { initial } = replayWorkload(target, fixed);
    expect(initial.length).toBe(original.length);
    for (let row = 0; row < initial.length; row++) {
      expect(initial.id(row)).toBe(original.id(row));
      expect(initial.arrivalUs[row]).toBe(original.arrivalUs[row]);
      expect(initial.inputTokens[row]).toBe(original.inputTokens[row]);
      expect(initial.outputTokens[row]).toBe(original.outputTokens[row]);
      expect(initial.groupTokens[row]).toBe(original.groupTokens[row]);
      expect(initial.deadlineUs[row]).toBe(original.deadlineUs[row]);
    }
  });

  it('draws contents from the seed itself: prefixes first, then prompt and output of each row', () => {
    const tokens = new TokenLog();
    const { initial } = replayWorkload(target, { ...fixed, tokens });
    const rng = goRandom(42);
    const prefix = [...rng.tokens(512)];
    expect(tokens.prefixTokens(0)).toEqual(prefix);
    for (let row = 0; row < 3; row++) {
      const own = [...rng.tokens(target[row]!.inputTokens)];
      expect(tokens.promptTokens(initial, row)).toEqual([...prefix, ...own]);
      expect(tokens.outputTokens(row)).toEqual([...rng.tokens(target[row]!.outputTokens)]);
    }
  });

  it('ends at twice the last injection unless told otherwise', () => {
    const last = target.at(-1)!.arrivalTimeUs;
    expect(replayWorkload(target, fixed).horizonUs).toBe(2 * last);
    expect(replayWorkload([], fixed).horizonUs).toBe(600_000_000);
    const horizonUs = Number.POSITIVE_INFINITY;
    expect(replayWorkload(target, { ...fixed, horizonUs }).horizonUs).toBe(horizonUs);
  });

  it('prefers the send time and a measured prompt length', () => {
    const [first, second] = target;
    const rows = [
      { ...first!, sendTimeUs: 9_000 },
      { ...second!, sendTimeUs: 8_000, prefixGroup: '', serverInputTokens: 7 },
    ];
    const { initial } = replayWorkload(rows, fixed);
    expect([...initial.arrivalUs]).toEqual([8_000, 9_000]);
    expect([initial.id(0), initial.id(1)]).toEqual(['request_1', 'request_0']);
    expect(initial.inputTokens[0]).toBe(7);
    expect(initial.inputTokens[1]).toBe(512 + first!.inputTokens);
  });

  it('has no follow-ups', () => {
    expect(replayWorkload(multiturn, fixed).start().followUps).toBeNull();
    expect(replayWorkload(multiturn, fixed).initial.length).toBe(multiturn.length);
  });
});

describe('replay in closed loop', () => {
  const opening = sessions.find((row) => row.sessionId !== '')!;
  const rounds = sessions
    .filter((row) => row.sessionId === opening.sessionId)
    .sort((a, b) => a.roundIndex - b.roundIndex);

  it('injects first rounds and single requests only', () => {
    const { initial } = replayWorkload(sessions, closed);
    expect(initial.length).toBe(sessions.filter((row) => row.roundIndex === 0).length);
    expect([...initial.arrivalUs]).toEqual([...initial.arrivalUs].sort((a, b) => a - b));
  });

  it('starts each later round a recorded pause after the end of the one before, with the whole conversation', () => {
    const tokens = new TokenLog();
    const { table, followUps } = replayWorkload(rounds, { ...closed, tokens, horizonUs: 1e12 }).start();
    let row = 0;
    let context = tokens.promptTokens(table, 0);
    for (let round = 1; round < rounds.length; round++) {
      const end = table.arrivalUs[row]! + 5_000;
      const produced = table.outputTokens[row]! - 1;
      const next = followUps!.next(table, row, 'completed', produced, end);
      const pause = rounds[round]!.arrivalTimeUs - rounds[round - 1]!.arrivalTimeUs;
      expect(table.arrivalUs[next]).toBe(end + pause);
      context = [...context, ...tokens.outputTokens(row).slice(0, produced)];
      const prompt = tokens.promptTokens(table, next);
      expect(prompt.slice(0, context.length)).toEqual(context);
      expect(prompt.length).toBe(table.inputTokens[next]);
      expect(prompt.length).toBe(context.length + rounds[round]!.inputTokens);
      expect(table.deadlineUs[next]).toBe(table.arrivalUs[next]! + 300_000_000);
      context = prompt;
      row = next;
    }
    expect(rounds.length).toBeGreaterThan(2);
    expect(followUps!.next(table, row, 'completed', 1, 1e6)).toBe(-1);
  });

  it('keeps only the shared prefix without growth', () => {
    const { table, followUps } = replayWorkload(rounds, { ...closed, accumulate: false, horizonUs: 1e12 }).start();
    const next = followUps!.next(table, 0, 'completed', 5, 10_000);
    expect(table.parent[next]).toBe(-1);
    expect(table.groupTokens[next]).toBe(30);
    expect(table.inputTokens[next]).toBe(30 + rounds[1]!.inputTokens);
  });

  it('uses recorded think times if there are any', () => {
    const paused = rounds.map((row) => ({ ...row, thinkTimeUs: row.roundIndex === 2 ? 123 : 0 }));
    const { table, followUps } = replayWorkload(paused, { ...closed, horizonUs: 1e12 }).start();
    const second = followUps!.next(table, 0, 'completed', 5, 10_000);
    expect(table.arrivalUs[second]).toBe(10_000);
    const third = followUps!.next(table, second, 'completed', 5, 20_000);
    expect(table.arrivalUs[third]).toBe(20_123);
  });

  it('draws think times from the session stream, before the contents of the round', () => {
    const thinkTime = parseThinkTime('lognormal:mu=-3,sigma=1');
    const { table, followUps } = replayWorkload(rounds, { ...closed, thinkTime, horizonUs: 1e12 }).start();
    const next = followUps!.next(table, 0, 'completed', 5, 0);
    const master = goRandom(42);
    master.skipTokens(30);
    const session = goRandom(master.int63());
    session.skipTokens(rounds[0]!.inputTokens + rounds[0]!.outputTokens);
    expect(table.arrivalUs[next]).toBe(thinkTime(session));
  });

  it('cancels a session whose round timed out, and ends one past the horizon', () => {
    const cancelled = replayWorkload(rounds, { ...closed, horizonUs: 1e12 }).start();
    expect(cancelled.followUps!.next(cancelled.table, 0, 'timed-out', 0, 1_000)).toBe(-1);
    expect(cancelled.followUps!.next(cancelled.table, 0, 'completed', 1, 1_000)).toBe(-1);
    const late = replayWorkload(rounds, { ...closed, horizonUs: 1e6 }).start();
    expect(late.followUps!.next(late.table, 0, 'completed', 1, 1e6)).toBe(-1);
  });

  it('starts every run afresh', () => {
    const workload = replayWorkload(sessions, closed);
    const first = workload.start();
    first.followUps!.next(first.table, 0, 'completed', 3, 5_000);
    const second = workload.start();
    expect(second.table.length).toBe(workload.initial.length);
    expect(second.followUps!.next(second.table, 0, 'completed', 3, 5_000)).toBe(workload.initial.length);
  });

  it('refuses sessions with missing rounds', () => {
    expect(() => replayWorkload(rounds.slice(1), closed)).toThrow(/must be 0, 1, 2, …, got 1 in place of 0/);
  });
});

describe('think times', () => {
  it.each([
    ['constant:value=1.5s', 1_500_000],
    ['constant:value=20', 20_000],
    ['constant:value=7us', 7],
    ['constant:value=0.4us', 1],
  ])('%s', (text, us) => {
    expect(parseThinkTime(text)(goRandom(1))).toBe(us);
  });

  it('are lognormal in seconds, within bounds', () => {
    const think = parseThinkTime('lognormal:mu=0,sigma=0.5,min=500ms,max=2s');
    const rng = goRandom(3);
    const draws = Array.from({ length: 4_000 }, () => think(rng)).sort((a, b) => a - b);
    expect(draws[0]).toBe(500_000);
    expect(draws.at(-1)).toBe(2_000_000);
    expect(draws[2_000]! / 1e6).toBeCloseTo(1, 1);
  });

  it.each([
    'uniform:value=1',
    'constant',
    'constant:value=x',
    'lognormal:mu=1',
    'constant:val=1',
    'lognormal:mu=0,sigma=1,min=2s,max=1s',
  ])('refuses %s', (text) => {
    expect(() => parseThinkTime(text)).toThrow();
  });
});
