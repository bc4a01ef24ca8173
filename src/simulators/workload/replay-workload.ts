import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { emptyNames, indexOf, type RequestOwner } from './client-profile.ts';
import type { Workload } from './follow-ups.ts';
import { type GoRandom, goRandom } from './go-random.ts';
import type { LengthSampler } from './length-sampler.ts';
import { RequestTable } from './request-table.ts';
import {
  type FollowUpPrefix,
  openStream,
  type SessionBlueprint,
  SessionFollowUps,
  SessionScript,
  scratchStream,
} from './sessions.ts';
import { SKIPPED_TOKENS, type TokenSink } from './token-sink.ts';
import type { TraceRow } from './trace-row.ts';

export interface ReplayOptions {
  /** Seeds the token contents directly (no subsystem hash). */
  readonly seed: bigint | number;
  /**
   * Fixed: every row comes at its recorded time. Closed loop: of a session only the first round does; each later one
   * follows the end of the one before.
   */
  readonly mode: 'fixed' | 'closed-loop';
  /** Closed loop: rounds carry the conversation along (header key `session_context_growth`). */
  readonly accumulate: boolean;
  /** Closed loop: replaces the recorded pauses. */
  readonly thinkTime?: LengthSampler;
  /** Default: twice the latest injection. Infinity = none. */
  readonly horizonUs?: number;
  readonly tokens?: TokenSink;
}

/** Default horizon when nothing arrives after time 0. */
const SHORT_HORIZON_US = 600_000_000;

/**
 * The workload of a recorded trace. Token contents are drawn anew; what repeats in them is the shared prefixes and,
 * with `accumulate`, the conversation of a session.
 * @throws InputError if the rounds of a session are not 0, 1, 2, … (closed loop)
 */
export function replayWorkload(rows: readonly TraceRow[], options: ReplayOptions): Workload {
  const replay = new Replay(rows, options);
  return options.mode === 'fixed' ? replay.fixed() : replay.closedLoop();
}

class Replay {
  readonly #rows: readonly TraceRow[];
  readonly #options: ReplayOptions;
  readonly #sink: TokenSink;
  readonly #stream: GoRandom;
  readonly #scratch = scratchStream();
  readonly #table: RequestTable;
  readonly #indexes = new Map<string[], Map<string, number>>();
  /** Index of each prefix group that has content. */
  readonly #groups = new Map<string, number>();

  constructor(rows: readonly TraceRow[], options: ReplayOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#sink = options.tokens ?? SKIPPED_TOKENS;
    this.#stream = goRandom(options.seed);
    this.#table = new RequestTable(rows.length, emptyNames());
    const { names } = this.#table;
    for (const { prefixGroup, prefixLength } of rows) {
      if (prefixGroup === '' || prefixLength === 0 || this.#groups.has(prefixGroup)) continue;
      const group = this.#index(names.prefixGroups, prefixGroup);
      this.#groups.set(prefixGroup, group);
      names.groupLengths[group] = prefixLength;
      this.#sink.prefix(group, this.#stream, prefixLength);
    }
  }

  fixed(): Workload {
    for (const row of this.#rows) this.#append(row, this.#stream);
    const initial = this.#sorted();
    const horizonUs = this.#options.horizonUs ?? twice(latest(initial));
    return { initial, horizonUs, start: () => ({ table: initial, followUps: null }) };
  }

  closedLoop(): Workload {
    const sessions = new Map<string, TraceRow[]>();
    for (const row of this.#rows) {
      if (row.sessionId === '') continue;
      const rounds = sessions.get(row.sessionId);
      if (rounds === undefined) sessions.set(row.sessionId, [row]);
      else rounds.push(row);
    }
    const blueprints = new Map<number, SessionBlueprint>();
    let lastArrivalUs = 0;
    for (const [id, rounds] of sessions) {
      rounds.sort((a, b) => a.roundIndex - b.roundIndex);
      const gap = rounds.findIndex((round, i) => round.roundIndex !== i);
      if (gap >= 0) {
        throw new InputError(
          `the rounds of session ${shortText(id)} must be 0, 1, 2, …, got ${rounds[gap]!.roundIndex} in place of ${gap}`,
          { suggestion: 'replay in fixed mode' },
        );
      }
      this.#addSession(rounds, blueprints);
      lastArrivalUs = Math.max(lastArrivalUs, rounds[0]!.arrivalTimeUs);
    }
    for (const row of this.#rows) {
      if (row.sessionId !== '') continue;
      this.#append(row, this.#stream);
      lastArrivalUs = Math.max(lastArrivalUs, row.arrivalTimeUs);
    }
    const initial = this.#sorted();
    const horizonUs = this.#options.horizonUs ?? twice(latest(initial));
    const sessionHorizonUs = this.#options.horizonUs ?? twice(lastArrivalUs);
    return {
      initial,
      horizonUs,
      start: () => ({
        table: initial.copy(),
        followUps: new SessionFollowUps(blueprints, sessionHorizonUs, Number.POSITIVE_INFINITY, this.#sink),
      }),
    };
  }

  #addSession(rounds: readonly TraceRow[], blueprints: Map<number, SessionBlueprint>): void {
    const seed = this.#stream.childSeed();
    const opening = rounds[0]!;
    const row = this.#append(opening, openStream(seed, this.#scratch));
    const session = this.#table.session[row]!;
    const pauses = recordedPauses(rounds);
    const { thinkTime, accumulate } = this.#options;
    blueprints.set(session, {
      owner: this.#owner(row),
      session,
      maxRounds: rounds.length,
      accumulate,
      prefix: this.#prefix(opening),
      script: new SessionScript(
        (scratch) => afterOpening(openStream(seed, scratch), opening),
        (rng, round) => thinkTime?.(rng) ?? pauses[round]!,
        (_rng, round) => [promptTokens(rounds[round]!), rounds[round]!.outputTokens],
        rounds.length,
        this.#scratch,
        this.#sink.keeps,
      ),
    });
  }

  #append(source: TraceRow, rng: GoRandom): number {
    const table = this.#table;
    const { names } = table;
    const row = table.append();
    const own = promptTokens(source);
    const group = this.#groups.get(source.prefixGroup) ?? -1;
    const prefixTokens = group < 0 ? 0 : names.groupLengths[group]!;
    table.arrivalUs[row] = source.sendTimeUs > 0 ? source.sendTimeUs : source.arrivalTimeUs;
    table.inputTokens[row] = prefixTokens + own;
    table.outputTokens[row] = source.outputTokens;
    table.maxOutputTokens[row] = source.outputTokens;
    table.deadlineUs[row] = source.deadlineUs;
    table.sloTargetUs[row] = source.sloTargetUs;
    table.sloClass[row] = this.#index(names.sloClasses, source.sloClass);
    table.tenant[row] = this.#index(names.tenants, source.tenantId);
    table.client[row] = this.#index(names.clients, source.clientId);
    table.model[row] = this.#index(names.models, source.model);
    table.group[row] = group;
    table.groupTokens[row] = prefixTokens;
    if (source.prefixGroup !== '') {
      table.prefixGroupLabel[row] = this.#index(names.prefixGroups, source.prefixGroup);
      names.groupLengths[table.prefixGroupLabel[row]!] ??= 0;
    }
    table.prefixLengthLabel[row] = source.prefixLength;
    table.streaming[row] = source.streaming ? 1 : 0;
    if (source.sessionId !== '') {
      table.session[row] = this.#index(names.sessions, source.sessionId);
      table.round[row] = source.roundIndex;
    }
    this.#label(source, row);
    this.#sink.prompt(row, rng, own);
    this.#sink.output(row, rng, source.outputTokens);
    return row;
  }

  #label(source: TraceRow, row: number): void {
    const { textTokens: text, imageTokens: image, audioTokens: audio, videoTokens: video } = source;
    if (text + image + audio + video > 0) this.#table.modalities.set(row, { text, image, audio, video });
    if (source.reasonRatio > 0) this.#table.reasonRatios.set(row, source.reasonRatio);
    this.#table.customIds.set(row, `request_${source.requestId}`);
  }

  #owner(row: number): RequestOwner {
    const table = this.#table;
    return {
      index: table.client[row]!,
      tenant: table.tenant[row]!,
      sloClass: table.sloClass[row]!,
      model: table.model[row]!,
      timeoutUs: null,
      sloTargetUs: table.sloTargetUs[row]!,
    };
  }

  #prefix(source: TraceRow): FollowUpPrefix {
    const group = this.#groups.get(source.prefixGroup);
    if (group === undefined) return { kind: 'none' };
    return { kind: 'group', group, tokens: this.#table.names.groupLengths[group]! };
  }

  #index(list: string[], name: string): number {
    return indexOf(this.#indexes, list, name);
  }

  /** By injection time; rows of equal time keep their order. Ids that equal `request_<row>` need no entry. */
  #sorted(): RequestTable {
    const table = this.#table;
    const order = Int32Array.from({ length: table.length }, (_, row) => row);
    order.sort((a, b) => table.arrivalUs[a]! - table.arrivalUs[b]! || a - b);
    this.#sink.select(order);
    const result = table.select(order);
    for (const [row, id] of result.customIds) if (id === `request_${row}`) result.customIds.delete(row);
    return result;
  }
}

/** A measured prompt length counts where no prefix is known. */
function promptTokens(row: TraceRow): number {
  return row.serverInputTokens > 0 && row.prefixGroup === '' ? row.serverInputTokens : row.inputTokens;
}

/** The session's stream after the contents of its first round. */
function afterOpening(rng: GoRandom, opening: TraceRow): GoRandom {
  rng.skipTokens(promptTokens(opening) + opening.outputTokens);
  return rng;
}

/** Pause before each round, µs: as recorded, or else the distance of arrivals, which contains service time. */
function recordedPauses(rounds: readonly TraceRow[]): number[] {
  const recorded = rounds.slice(1).some((round) => round.thinkTimeUs > 0);
  return rounds.map((round, i) => {
    if (i === 0) return 0;
    return recorded ? round.thinkTimeUs : Math.max(0, round.arrivalTimeUs - rounds[i - 1]!.arrivalTimeUs);
  });
}

function latest(table: RequestTable): number {
  return table.length === 0 ? 0 : table.arrivalUs[table.length - 1]!;
}

function twice(us: number): number {
  return us === 0 ? SHORT_HORIZON_US : 2 * us;
}
