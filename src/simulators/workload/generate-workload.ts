import { InputError } from '../../base/errors.ts';
import { dropLaterRounds, sessionBlueprints } from './blueprints.ts';
import { type ClientProfile, clientProfiles } from './client-profile.ts';
import { clientRates } from './client-rates.ts';
import { addConcurrencyUsers } from './concurrency-users.ts';
import { expandClients } from './expand-clients.ts';
import type { Workload } from './follow-ups.ts';
import { goRandom, subsystemSeed } from './go-random.ts';
import type { LengthSampler } from './length-sampler.ts';
import { generateStatic } from './merge-sources.ts';
import { recordedWorkload } from './recorded-workload.ts';
import { RequestTable } from './request-table.ts';
import { SessionFollowUps } from './sessions.ts';
import { generateTimeVarying, isTimeVarying } from './time-varying.ts';
import { SKIPPED_TOKENS, type TokenSink } from './token-sink.ts';
import type { GenerationLimits } from './traffic-source.ts';
import { horizonOf, requireBounded } from './workload-bounds.ts';
import type { WorkloadSpec } from './workload-spec.ts';

/** What may replace the document's own values. */
export interface GenerationOptions {
  /** Signed 64 bit. */
  readonly seed?: bigint | number;
  /** Cap on generated requests; 0 = none. */
  readonly numRequests?: number;
  /** Infinity = none. */
  readonly horizonUs?: number;
  /** For every client: µs, 0 = no deadline. */
  readonly timeoutUs?: number;
  /** Pauses of virtual users, µs, instead of what their client has. */
  readonly thinkTime?: LengthSampler;
  /** For all requests; default 4096. */
  readonly memoryMib?: number;
  /** Receives the token ids; by default they are skipped. */
  readonly tokens?: TokenSink;
}

/** Stream seeds relative to the workload seed. */
const BLUEPRINT_OFFSET = 7_919n;
const CONCURRENCY_OFFSET = 10_007n;
/** Rows to make room for at first. */
const INITIAL_CAPACITY = 1 << 16;

/**
 * Generates the requests of a workload. Equal spec, seed and limits give the same requests, whatever is simulated
 * with them.
 *
 * Two prompts share content exactly as far as the table's `group` and `parent` links say. That independently drawn
 * tokens may coincide is ignored; it matters at most for KV blocks of one or two tokens.
 * @throws InputError if neither the number of requests nor the horizon bounds the workload, or it does not fit into memory
 */
export function generateWorkload(spec: WorkloadSpec, options: GenerationOptions = {}): Workload {
  if (spec.recorded !== undefined) return recordedWorkload(spec.recorded, recordedOptions(spec, options));
  const seed = BigInt.asIntN(64, BigInt(options.seed ?? spec.seed));
  const numRequests = options.numRequests ?? spec.numRequests;
  const horizonUs = options.horizonUs ?? horizonOf(spec);
  if (numRequests === 0 && horizonUs === Number.POSITIVE_INFINITY) {
    throw new InputError('the workload has no end', { suggestion: 'give num_requests or a horizon' });
  }
  requireBounded(spec, { ...options, numRequests, horizonUs });
  const limits = { horizonUs, maxRequests: numRequests > 0 ? numRequests : Number.POSITIVE_INFINITY };
  const sink = options.tokens ?? SKIPPED_TOKENS;
  const traffic = expandClients(spec);
  const { timeoutUs } = options;
  const clients = timeoutUs === undefined ? traffic.clients : traffic.clients.map((c) => ({ ...c, timeoutUs }));
  const { profiles, names } = clientProfiles(clients);
  const empty = new RequestTable(Math.min(limits.maxRequests, INITIAL_CAPACITY), names);
  const master = goRandom(subsystemSeed(seed, 'workload-gen'));
  for (const [group, length] of names.groupLengths.entries()) sink.prefix(group, master, length);
  const listed = isTimeVarying(profiles)
    ? generateTimeVarying(empty, sink, profiles, traffic.aggregateRate, master, limits, timeoutUs ?? 0)
    : generateStatic(empty, sink, profiles, clientRates(clients, traffic.aggregateRate), master, limits);
  return withSessions(listed, sink, profiles, { seed, ...limits, thinkTime: options.thinkTime });
}

/** What options leave out is the document's own. */
function recordedOptions(spec: WorkloadSpec, options: GenerationOptions): GenerationOptions {
  return { seed: spec.seed, numRequests: spec.numRequests, horizonUs: horizonOf(spec), ...options };
}

interface SessionLimits extends GenerationLimits {
  readonly seed: bigint;
  readonly thinkTime: LengthSampler | undefined;
}

/** Turns the generated list into a workload whose closed-loop sessions and virtual users go on at run time. */
function withSessions(
  listed: RequestTable,
  sink: TokenSink,
  profiles: readonly ClientProfile[],
  { seed, maxRequests, horizonUs, thinkTime }: SessionLimits,
): Workload {
  const hasUsers = profiles.some((profile) => profile.client.concurrency > 0);
  if (!hasUsers && !profiles.some((profile) => profile.closedLoop)) return openLoop(listed, horizonUs);
  const blueprints = sessionBlueprints(listed, profiles, goRandom(BigInt.asIntN(64, seed + BLUEPRINT_OFFSET)), sink);
  let initial = dropLaterRounds(listed, sink, blueprints);
  if (hasUsers) {
    const master = goRandom(BigInt.asIntN(64, seed + CONCURRENCY_OFFSET));
    addConcurrencyUsers(initial, sink, profiles, { master, maxRequests, thinkTime }, blueprints);
    initial = sortByArrival(initial, sink);
  }
  if (blueprints.size === 0) return openLoop(initial, horizonUs);
  const budget =
    hasUsers && maxRequests < Number.POSITIVE_INFINITY
      ? Math.max(0, maxRequests - initial.length)
      : Number.POSITIVE_INFINITY;
  return {
    initial,
    horizonUs,
    start: () => ({
      table: initial.copy(),
      followUps: new SessionFollowUps(blueprints, horizonUs, budget, sink),
    }),
  };
}

function openLoop(initial: RequestTable, horizonUs: number): Workload {
  return { initial, horizonUs, start: () => ({ table: initial, followUps: null }) };
}

/** Stable. */
function sortByArrival(table: RequestTable, sink: TokenSink): RequestTable {
  const order = Int32Array.from({ length: table.length }, (_, row) => row);
  order.sort((a, b) => table.arrivalUs[a]! - table.arrivalUs[b]! || a - b);
  sink.select(order);
  return table.select(order);
}
