import { emptyNames, indexOf, type RequestOwner } from './client-profile.ts';
import type { Workload } from './follow-ups.ts';
import { type GoRandom, goRandom } from './go-random.ts';
import type { LengthSampler } from './length-sampler.ts';
import { afterOpening, defaultHorizon, inOrder, recordedPauses, repeatedTokens } from './replay-rounds.ts';
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
import { type ContentLinks, contentLinks, promptTokens } from './trace-content.ts';
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

/** Name of the text that requests with `repeated_tokens` and without an earlier round start with. */
const COMMON_TEXT = '(common)';

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
  /** Index of the text that rows of the trace share, −1 without one. */
  #common = -1;

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
    const links = this.#links(this.#rows);
    for (const [place, row] of this.#rows.entries()) this.#append(row, this.#stream, links, place);
    const initial = this.#sorted();
    const horizonUs = this.#options.horizonUs ?? defaultHorizon(latest(initial));
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
    for (const [id, rounds] of sessions) inOrder(id, rounds);
    const openings = [...sessions.values()].map((rounds) => rounds[0]!);
    const single = this.#rows.filter(({ sessionId }) => sessionId === '');
    const links = this.#links([...openings, ...single]);
    const blueprints = new Map<number, SessionBlueprint>();
    for (const [place, rounds] of [...sessions.values()].entries()) {
      this.#addSession(rounds, blueprints, links, place);
    }
    for (const [place, row] of single.entries()) this.#append(row, this.#stream, links, openings.length + place);
    const lastArrivalUs = [...openings, ...single].reduce((last, row) => Math.max(last, row.arrivalTimeUs), 0);
    const initial = this.#sorted();
    const horizonUs = this.#options.horizonUs ?? defaultHorizon(latest(initial));
    const sessionHorizonUs = this.#options.horizonUs ?? defaultHorizon(lastArrivalUs);
    return {
      initial,
      horizonUs,
      start: () => ({
        table: initial.copy(),
        followUps: new SessionFollowUps(blueprints, sessionHorizonUs, Number.POSITIVE_INFINITY, this.#sink),
      }),
    };
  }

  #addSession(
    rounds: readonly TraceRow[],
    blueprints: Map<number, SessionBlueprint>,
    links: ContentLinks | null,
    place: number,
  ): void {
    const seed = this.#stream.childSeed();
    const opening = rounds[0]!;
    const row = this.#append(opening, openStream(seed, this.#scratch), links, place);
    const session = this.#table.session[row]!;
    const fresh = this.#table.inputTokens[row]! - this.#table.groupTokens[row]! - this.#table.inheritedTokens[row]!;
    const pauses = recordedPauses(rounds);
    const repeated = repeatedTokens(rounds);
    const { thinkTime, accumulate } = this.#options;
    blueprints.set(session, {
      owner: this.#owner(row),
      session,
      maxRounds: rounds.length,
      accumulate,
      ...(repeated === null ? {} : { repeated: (round: number) => repeated[round]! }),
      prefix: this.#prefix(opening),
      script: new SessionScript(
        (scratch) => afterOpening(openStream(seed, scratch), fresh + opening.outputTokens),
        (rng, round) => thinkTime?.(rng) ?? pauses[round]!,
        (_rng, round) => [promptTokens(rounds[round]!) - (repeated?.[round] ?? 0), rounds[round]!.outputTokens],
        rounds.length,
        this.#scratch,
        this.#sink.keeps ? 'kept' : 'skipped',
      ),
    });
  }

  /** What rows, in the order in which they will be appended, start with; opens the text that they share. */
  #links(rows: readonly TraceRow[]): ContentLinks | null {
    const links = contentLinks(rows);
    const common = links === null ? 0 : links.common.reduce((most, tokens) => Math.max(most, tokens), 0);
    if (common === 0) return links;
    const { names } = this.#table;
    this.#common = this.#index(names.prefixGroups, COMMON_TEXT);
    names.groupLengths[this.#common] = common;
    this.#sink.prefix(this.#common, this.#stream, common);
    return links;
  }

  #append(source: TraceRow, rng: GoRandom, links: ContentLinks | null, place: number): number {
    const table = this.#table;
    const { names } = table;
    const row = table.append();
    const parent = links?.parent[place] ?? -1;
    const common = links?.common[place] ?? 0;
    const inherited = parent < 0 ? 0 : links!.inherited[place]!;
    const group = common > 0 ? this.#common : saysContent(source) ? -1 : (this.#groups.get(source.prefixGroup) ?? -1);
    const prefixTokens = common > 0 ? common : group < 0 ? 0 : names.groupLengths[group]!;
    const own = promptTokens(source) - common - inherited;
    table.parent[row] = parent;
    table.inheritedTokens[row] = inherited;
    table.arrivalUs[row] = source.sendTimeUs > 0 ? source.sendTimeUs : source.arrivalTimeUs;
    table.inputTokens[row] = prefixTokens + inherited + own;
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

/** Where the content of a prompt is recorded, `input_tokens` counts all of it and its prefix group is a label. */
function saysContent({ hashIds, repeatedTokens: repeated }: TraceRow): boolean {
  return Boolean(hashIds) || Boolean(repeated);
}

function latest(table: RequestTable): number {
  return table.length === 0 ? 0 : table.arrivalUs[table.length - 1]!;
}
