import { type ArrivalSampler, arrivalSampler } from './arrival-sampler.ts';
import { appendRequest, type ClientProfile, deadlineAt } from './client-profile.ts';
import { emitSession } from './emit-session.ts';
import type { FixedArrivals } from './expand-clients.ts';
import { GoRandom } from './go-random.ts';
import { type LengthSampler, lengthSampler } from './length-sampler.ts';
import type { ModalityTokens, RequestTable } from './request-table.ts';
import type { TokenSink } from './token-sink.ts';
import type { ModalitySpec, MultimodalSpec, MultiTurnSpec, WindowSpec } from './workload-spec.ts';

/** Where generated rows go. */
export interface Draft {
  readonly table: RequestTable;
  readonly sink: TokenSink;
}

/** Limits of one generation. */
export interface GenerationLimits {
  /** Infinity = none. */
  readonly horizonUs: number;
  /** Infinity = none. */
  readonly maxRequests: number;
}

/** One client's stream of requests (or sessions), in time order. */
export interface TrafficSource {
  /** Start of the next request or session, µs; Infinity when there is none. */
  readonly startUs: number;
  readonly index: number;
  /** Appends what starts at `startUs`, then moves on. */
  emit(draft: Draft): void;
}

/**
 * @param ratePerUs - requests (or sessions) per µs, > 0
 * @param rng - the client's own stream
 */
export function trafficSource(
  profile: ClientProfile,
  ratePerUs: number,
  rng: GoRandom,
  limits: GenerationLimits,
): TrafficSource {
  const { client } = profile;
  const gaps =
    client.fixedArrivals === null
      ? arrivalSampler(client.arrival, ratePerUs)
      : fixedArrivalSampler(client.fixedArrivals, rng);
  const clock = new ArrivalClock(rng, gaps, client.windows, limits);
  if (client.multiTurn !== null) return new SessionSource(profile, client.multiTurn, rng, clock);
  return new RequestSource(profile, rng, clock);
}

function fixedArrivalSampler(fixed: FixedArrivals, rng: GoRandom): ArrivalSampler {
  const factory = new GoRandom(rng.childSeed());
  if (fixed.kind === 'poisson') {
    return arrivalSampler({ process: 'poisson', cv: null, shape: null, scale: null }, fixed.ratePerUs);
  }
  const { count, durationUs } = fixed;
  const rate = count / durationUs;
  const raw = Float64Array.from({ length: count }, () => factory.exponential() / rate);
  const scale = durationUs / raw.reduce((sum, gap) => sum + gap, 0);
  let used = 0;
  return () => (used < count ? Math.max(1, Math.trunc(raw[used++]! * scale)) : Number.POSITIVE_INFINITY);
}

/** Start times of one client: horizon, windows and the cap of twice the requests wanted in all. */
class ArrivalClock {
  readonly #rng: GoRandom;
  readonly #gaps: ArrivalSampler;
  readonly #windows: readonly WindowSpec[] | null;
  readonly #lastEndUs: number;
  readonly #cap: number;
  readonly horizonUs: number;
  #nowUs = 0;

  constructor(rng: GoRandom, gaps: ArrivalSampler, windows: readonly WindowSpec[] | null, limits: GenerationLimits) {
    this.#rng = rng;
    this.#gaps = gaps;
    this.#windows = windows;
    this.#lastEndUs = windows === null ? Number.POSITIVE_INFINITY : Math.max(...windows.map((w) => w.endUs));
    this.#cap = 2 * limits.maxRequests;
    this.horizonUs = limits.horizonUs;
  }

  /** @param generated - requests drawn so far */
  next(generated: number): number {
    if (generated >= this.#cap) return Number.POSITIVE_INFINITY;
    while (this.#nowUs < this.horizonUs) {
      this.#nowUs += this.#gaps(this.#rng);
      if (this.#nowUs >= this.horizonUs) break;
      if (this.isActive(this.#nowUs)) return this.#nowUs;
      if (this.#nowUs >= this.#lastEndUs) break;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The only start of a client with a single session: one gap after its life begins. */
  once(): number {
    const startUs = this.#gaps(this.#rng) + (this.#windows?.[0]?.startUs ?? 0);
    return startUs < this.horizonUs && this.isActive(startUs) ? startUs : Number.POSITIVE_INFINITY;
  }

  readonly isActive = (us: number): boolean => {
    const windows = this.#windows;
    return windows === null || windows.some((w) => us >= w.startUs && us < w.endUs);
  };
}

class RequestSource implements TrafficSource {
  readonly index: number;
  startUs: number;
  readonly #profile: ClientProfile;
  readonly #rng: GoRandom;
  readonly #clock: ArrivalClock;
  readonly #modalities: ModalitySamplers | null;
  #generated = 0;

  constructor(profile: ClientProfile, rng: GoRandom, clock: ArrivalClock) {
    this.index = profile.index;
    this.#profile = profile;
    this.#rng = rng;
    this.#clock = clock;
    this.#modalities = profile.client.multimodal === null ? null : modalitySamplers(profile.client.multimodal);
    this.startUs = clock.next(0);
  }

  emit({ table, sink }: Draft): void {
    const profile = this.#profile;
    const rng = this.#rng;
    let inputTokens: number;
    let outputTokens: number;
    let row: number;
    if (this.#modalities === null) {
      inputTokens = profile.input(rng);
      outputTokens = profile.output(rng);
      row = appendRequest(table, profile, this.startUs, inputTokens, outputTokens);
      sink.prompt(row, rng, inputTokens);
    } else {
      const parts = drawModalities(this.#modalities, rng);
      inputTokens = parts.text + parts.image + parts.audio + parts.video || 1;
      sink.prompt(table.length, rng, inputTokens);
      outputTokens = profile.output(rng);
      row = appendRequest(table, profile, this.startUs, inputTokens, outputTokens);
      table.modalities.set(row, parts);
    }
    sink.output(row, rng, outputTokens);
    table.prefixGroupLabel[row] = profile.group;
    table.prefixLengthLabel[row] = profile.prefixTokens;
    table.streaming[row] = profile.client.streaming ? 1 : 0;
    const { timeoutUs, closedLoop } = profile.client;
    table.deadlineUs[row] = deadlineAt(this.startUs, timeoutUs, closedLoop === true ? 'session' : 'single');
    this.startUs = this.#clock.next(++this.#generated);
  }
}

class SessionSource implements TrafficSource {
  readonly index: number;
  startUs: number;
  readonly #profile: ClientProfile;
  readonly #turns: MultiTurnSpec;
  readonly #rng: GoRandom;
  readonly #clock: ArrivalClock;
  #generated = 0;

  constructor(profile: ClientProfile, turns: MultiTurnSpec, rng: GoRandom, clock: ArrivalClock) {
    this.index = profile.index;
    this.#profile = profile;
    this.#turns = turns;
    this.#rng = rng;
    this.#clock = clock;
    this.startUs = turns.singleSession ? clock.once() : clock.next(0);
  }

  emit({ table, sink }: Draft): void {
    emitSession(table, sink, this.#profile, this.#turns, this.#rng, {
      startUs: this.startUs,
      endUs: this.#clock.horizonUs,
      isActive: this.#clock.isActive,
      sloTargetUs: this.#profile.client.sloTargetUs,
    });
    this.#generated += this.#turns.maxRounds;
    this.startUs = this.#turns.singleSession ? Number.POSITIVE_INFINITY : this.#clock.next(this.#generated);
  }
}

interface ModalitySamplers {
  readonly text: LengthSampler | null;
  readonly image: PartSampler | null;
  readonly audio: PartSampler | null;
  readonly video: PartSampler | null;
}

interface PartSampler {
  readonly length: LengthSampler;
  readonly count: LengthSampler;
}

function modalitySamplers(spec: MultimodalSpec): ModalitySamplers {
  const part = (modality: ModalitySpec | null): PartSampler | null =>
    modality === null ? null : { length: lengthSampler(modality.length), count: lengthSampler(modality.count) };
  return {
    text: spec.text === null ? null : lengthSampler(spec.text),
    image: part(spec.image),
    audio: part(spec.audio),
    video: part(spec.video),
  };
}

function drawModalities(samplers: ModalitySamplers, rng: GoRandom): ModalityTokens {
  const part = (sampler: PartSampler | null): number => {
    if (sampler === null) return 0;
    const count = sampler.count(rng);
    let tokens = 0;
    for (let i = 0; i < count; i++) tokens += sampler.length(rng);
    return tokens;
  };
  return {
    text: samplers.text?.(rng) ?? 0,
    image: part(samplers.image),
    audio: part(samplers.audio),
    video: part(samplers.video),
  };
}
