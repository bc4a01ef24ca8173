import { deadlineAt, type RequestOwner } from './client-profile.ts';
import type { FollowUpSource, RequestEnd } from './follow-ups.ts';
import { GoRandom, type SeedResidue } from './go-random.ts';
import type { RequestTable } from './request-table.ts';
import type { TokenSink } from './token-sink.ts';

/** What the later rounds of one session start with when the conversation is not carried along. */
export type FollowUpPrefix =
  | { readonly kind: 'none' }
  | { readonly kind: 'group'; readonly group: number; readonly tokens: number }
  /** The first `tokens` of the prompt of `row`. */
  | { readonly kind: 'prompt'; readonly row: number; readonly tokens: number };

/** Everything the later rounds of one session need. */
export interface SessionBlueprint {
  readonly owner: RequestOwner;
  /** Index into `names.sessions`. */
  readonly session: number;
  /** Infinity = unlimited. */
  readonly maxRounds: number;
  readonly accumulate: boolean;
  /** How many tokens of the round before, prompt and output, a round ≥ 1 starts with, where that is recorded. */
  readonly repeated?: (round: number) => number;
  readonly prefix: FollowUpPrefix;
  /** Lengths and pauses of the rounds after the first, in order. */
  readonly script: SessionScript;
}

/** Pause before round `round` ≥ 1 (µs), drawn from the session's stream before the lengths of that round. */
export type ThinkTime = (rng: GoRandom, round: number) => number;
/** Prompt and output tokens of round `round` ≥ 1. */
export type RoundLengths = (rng: GoRandom, round: number) => readonly [input: number, output: number];

export interface Round {
  /** Pause after the end of the round before. */
  readonly thinkUs: number;
  /** New prompt tokens. */
  readonly input: number;
  readonly output: number;
  /** Token ids, if somebody keeps them. */
  readonly tokens: { readonly prompt: Int32Array; readonly output: Int32Array } | null;
}

/** Sessions with more rounds are drawn round by round. */
const DRAWN_AT_ONCE = 1_024;

/**
 * The rounds of a session after the first. They do not depend on when they happen: they are drawn once, when first
 * asked for, and serve all runs of the workload.
 */
export class SessionScript {
  readonly #open: (scratch: GoRandom | null) => GoRandom;
  readonly #think: ThinkTime;
  readonly #lengths: RoundLengths;
  readonly #lastRound: number;
  readonly #keepsTokens: boolean;
  readonly #scratch: GoRandom;
  #own: GoRandom | null = null;
  #rounds: Round[] = [];

  /**
   * @param open - the session's stream from its start, in `scratch` unless that is null
   * @param maxRounds - rounds of the session, the first included; Infinity = no end
   * @param scratch - a generator that sessions share, to draw short ones at once
   */
  constructor(
    open: (scratch: GoRandom | null) => GoRandom,
    think: ThinkTime,
    lengths: RoundLengths,
    maxRounds: number,
    scratch: GoRandom,
    tokens: 'kept' | 'skipped',
  ) {
    this.#open = open;
    this.#think = think;
    this.#lengths = lengths;
    this.#lastRound = maxRounds - 1;
    this.#scratch = scratch;
    this.#keepsTokens = tokens === 'kept';
  }

  /** @param round - ≥ 1 */
  round(round: number): Round {
    if (this.#rounds.length === 0 && this.#lastRound <= DRAWN_AT_ONCE) {
      const rng = this.#open(this.#scratch);
      while (this.#rounds.length < this.#lastRound) this.#draw(rng);
    }
    while (this.#rounds.length < round) {
      this.#own ??= this.#open(null);
      this.#draw(this.#own);
    }
    return this.#rounds[round - 1]!;
  }

  #draw(rng: GoRandom): void {
    const round = this.#rounds.length + 1;
    const thinkUs = this.#think(rng, round);
    const [input, output] = this.#lengths(rng, round);
    const tokens = this.#keepsTokens ? { prompt: rng.tokens(input), output: rng.tokens(output) } : null;
    if (tokens === null && round < this.#lastRound) rng.skipTokens(input + output);
    this.#rounds.push({ thinkUs, input, output, tokens });
  }
}

/** A generator at the start of the stream `seed`: `scratch` itself unless that is null. */
export function openStream(seed: SeedResidue, scratch: GoRandom | null): GoRandom {
  if (scratch === null) return new GoRandom(seed);
  scratch.reseed(seed);
  return scratch;
}

/** A generator for sessions to share. */
export function scratchStream(): GoRandom {
  return new GoRandom(1);
}

/** Decides what follows each finished round, for one run. */
export class SessionFollowUps implements FollowUpSource {
  readonly #blueprints: ReadonlyMap<number, SessionBlueprint>;
  readonly #horizonUs: number;
  readonly #sink: TokenSink;
  /** Rounds started after the first, by session; −1 = ended. */
  readonly #rounds = new Map<number, number>();
  #budget: number;
  #created = 0;

  /**
   * @param blueprints - by session index
   * @param budget - follow-ups allowed in all; Infinity = no limit
   */
  constructor(blueprints: ReadonlyMap<number, SessionBlueprint>, horizonUs: number, budget: number, sink: TokenSink) {
    this.#blueprints = blueprints;
    this.#horizonUs = horizonUs;
    this.#budget = budget;
    this.#sink = sink;
  }

  next(table: RequestTable, row: number, end: RequestEnd, producedTokens: number, atUs: number): number {
    const session = table.session[row]!;
    const blueprint = session < 0 ? undefined : this.#blueprints.get(session);
    const rounds = this.#rounds.get(session) ?? 0;
    if (blueprint === undefined || rounds < 0) return -1;
    if (end === 'timed-out' || end === 'dropped' || rounds >= blueprint.maxRounds - 1 || this.#budget <= 0) {
      this.#rounds.set(session, -1);
      return -1;
    }
    const { thinkUs, input, output, tokens } = blueprint.script.round(rounds + 1);
    const arrivalUs = atUs + thinkUs;
    if (arrivalUs > this.#horizonUs) {
      this.#rounds.set(session, -1);
      return -1;
    }
    this.#rounds.set(session, rounds + 1);
    this.#budget--;
    const next = this.#append(table, blueprint, arrivalUs, rounds + 1, output);
    linkContext(table, next, row, blueprint, producedTokens, input);
    if (tokens !== null) this.#sink.assign(next, tokens.prompt, tokens.output);
    return next;
  }

  #append(table: RequestTable, blueprint: SessionBlueprint, arrivalUs: number, round: number, output: number): number {
    const { owner } = blueprint;
    const row = table.append();
    table.arrivalUs[row] = arrivalUs;
    table.outputTokens[row] = output;
    table.maxOutputTokens[row] = output;
    table.deadlineUs[row] = deadlineAt(arrivalUs, owner.timeoutUs, 'session');
    table.sloTargetUs[row] = owner.sloTargetUs;
    table.sloClass[row] = owner.sloClass;
    table.tenant[row] = owner.tenant;
    table.client[row] = owner.index;
    table.model[row] = owner.model;
    table.session[row] = blueprint.session;
    table.round[row] = round;
    this.#created++;
    table.customIds.set(row, `session_${table.names.sessions[blueprint.session]}_round_${round}_${this.#created}`);
    return row;
  }
}

/** Sets the prompt length of a new round and what its prompt starts with. */
function linkContext(
  table: RequestTable,
  row: number,
  finished: number,
  blueprint: SessionBlueprint,
  producedTokens: number,
  fresh: number,
): void {
  const { prefix, accumulate, repeated } = blueprint;
  if (repeated !== undefined) {
    const wanted = repeated(table.round[row]!);
    const produced = Math.min(producedTokens, table.outputTokens[finished]!);
    table.inputTokens[row] = wanted + fresh;
    startLike(table, row, finished, Math.min(wanted, table.inputTokens[finished]! + produced));
  } else if (accumulate && prefix.kind === 'prompt' && table.round[finished] === 0 && finished !== prefix.row) {
    replaceOpening(table, row, finished, prefix, producedTokens, fresh);
  } else if (!accumulate) {
    const tokens = prefix.kind === 'none' ? 0 : prefix.tokens;
    table.inputTokens[row] = tokens + fresh;
    if (prefix.kind === 'group') {
      table.group[row] = prefix.group;
      table.groupTokens[row] = prefix.tokens;
    } else if (prefix.kind === 'prompt') {
      startLike(table, row, prefix.row, prefix.tokens);
    }
  } else {
    const produced = Math.min(producedTokens, table.outputTokens[finished]!);
    const inherited = table.inputTokens[finished]! + produced;
    table.inputTokens[row] = inherited + fresh;
    startLike(table, row, finished, inherited);
  }
}

/**
 * A client whose own prefix length exceeds its group's takes the opening of its first session for the prefix of all:
 * the carried conversation then starts with that opening instead of its own.
 */
function replaceOpening(
  table: RequestTable,
  row: number,
  finished: number,
  opening: FollowUpPrefix & { kind: 'prompt' },
  producedTokens: number,
  fresh: number,
): void {
  const first = table.inputTokens[finished]!;
  const kept = first >= opening.tokens ? first - opening.tokens : first;
  const produced = Math.min(producedTokens, table.outputTokens[finished]!);
  table.inputTokens[row] = opening.tokens + kept + produced + fresh;
  startLike(table, row, opening.row, opening.tokens);
}

function startLike(table: RequestTable, row: number, parent: number, tokens: number): void {
  table.parent[row] = parent;
  table.inheritedTokens[row] = tokens;
  table.group[row] = table.group[parent]!;
  table.groupTokens[row] = Math.min(table.groupTokens[parent]!, tokens);
}
