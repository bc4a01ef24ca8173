import { appendRequest, type ClientProfile, deadlineAt } from './client-profile.ts';
import type { GoRandom, SeedResidue } from './go-random.ts';
import type { LengthSampler } from './length-sampler.ts';
import type { RequestTable } from './request-table.ts';
import { openStream, type SessionBlueprint, SessionScript, scratchStream, type ThinkTime } from './sessions.ts';
import type { TokenSink } from './token-sink.ts';

export interface UserLimits {
  /** Gives two seeds per user: first request, session. */
  readonly master: GoRandom;
  readonly maxRequests: number;
  /** Pauses between rounds, µs; undefined = as the client says. */
  readonly thinkTime: LengthSampler | undefined;
}

/**
 * Appends the first request of every virtual user, staggered over one think time, until the list has `maxRequests`
 * rows, and adds the blueprints of their endless sessions.
 */
export function addConcurrencyUsers(
  table: RequestTable,
  sink: TokenSink,
  profiles: readonly ClientProfile[],
  { master, maxRequests, thinkTime }: UserLimits,
  blueprints: Map<number, SessionBlueprint>,
): void {
  const scratch = scratchStream();
  for (const profile of profiles) {
    const { concurrency: users, thinkTimeUs } = profile.client;
    for (let user = 0; user < users && table.length < maxRequests; user++) {
      const rng = openStream(master.childSeed(), scratch);
      const inputTokens = profile.input(rng);
      const outputTokens = profile.output(rng);
      const arrivalUs = thinkTimeUs > 0 && users > 1 ? Math.floor((user * thinkTimeUs) / users) : 0;
      const row = appendRequest(table, profile, arrivalUs, inputTokens, outputTokens);
      sink.prompt(row, rng, inputTokens);
      sink.output(row, rng, outputTokens);
      const session = table.names.sessions.push(`concurrency_${profile.client.id}_user_${user}`) - 1;
      table.session[row] = session;
      table.prefixGroupLabel[row] = profile.group;
      table.prefixLengthLabel[row] = profile.prefixTokens;
      table.streaming[row] = profile.client.streaming ? 1 : 0;
      table.deadlineUs[row] = deadlineAt(arrivalUs, profile.client.timeoutUs, 'session');
      const think: ThinkTime = thinkTime ?? (() => thinkTimeUs);
      blueprints.set(session, endlessBlueprint(profile, session, { seed: master.childSeed(), think }, scratch, sink));
    }
  }
}

function endlessBlueprint(
  profile: ClientProfile,
  session: number,
  { seed, think }: { readonly seed: SeedResidue; readonly think: ThinkTime },
  scratch: GoRandom,
  sink: TokenSink,
): SessionBlueprint {
  const { input, output, group, prefixTokens } = profile;
  return {
    owner: profile,
    session,
    maxRounds: Number.POSITIVE_INFINITY,
    accumulate: false,
    prefix: group < 0 ? { kind: 'none' } : { kind: 'group', group, tokens: prefixTokens },
    script: new SessionScript(
      (scratch) => openStream(seed, scratch),
      think,
      (rng) => [input(rng), output(rng)],
      Number.POSITIVE_INFINITY,
      scratch,
      sink.keeps ? 'kept' : 'skipped',
    ),
  };
}
