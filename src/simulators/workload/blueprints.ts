import type { ClientProfile } from './client-profile.ts';
import type { GoRandom } from './go-random.ts';
import type { RequestTable } from './request-table.ts';
import { type FollowUpPrefix, openStream, type SessionBlueprint, SessionScript, scratchStream } from './sessions.ts';
import type { TokenSink } from './token-sink.ts';

/**
 * Blueprints of the closed-loop sessions in a finished list, by session index. Seeds are dealt per client in the
 * byte order of the session ids.
 * @param master - gives one seed per session
 */
export function sessionBlueprints(
  table: RequestTable,
  profiles: readonly ClientProfile[],
  master: GoRandom,
  sink: TokenSink,
): Map<number, SessionBlueprint> {
  const openings = openingRows(table);
  const blueprints = new Map<number, SessionBlueprint>();
  const shared = scratchStream();
  for (const profile of profiles) {
    const turns = profile.client.multiTurn;
    if (turns === null || !profile.closedLoop) continue;
    const rows = openings.get(profile.client.id) ?? [];
    const prefix = followUpPrefix(table, profile, rows[0]);
    const names = table.names.sessions;
    const sessions = [...new Set(rows.map((row) => table.session[row]!))];
    sessions.sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
    for (const session of sessions) {
      const seed = master.childSeed();
      const { input, output } = profile;
      blueprints.set(session, {
        owner: profile,
        session,
        maxRounds: turns.maxRounds,
        accumulate: turns.accumulate,
        prefix,
        script: new SessionScript(
          (scratch) => openStream(seed, scratch),
          () => turns.thinkTimeUs,
          (rng) => [input(rng), output(rng)],
          turns.maxRounds,
          shared,
          sink.keeps ? 'kept' : 'skipped',
        ),
      });
    }
  }
  return blueprints;
}

/** Rows of first rounds by client id, in list order. */
function openingRows(table: RequestTable): Map<string, number[]> {
  const openings = new Map<string, number[]>();
  for (let row = 0; row < table.length; row++) {
    if (table.session[row]! < 0 || table.round[row] !== 0) continue;
    const id = table.names.clients[table.client[row]!]!;
    const rows = openings.get(id);
    if (rows === undefined) openings.set(id, [row]);
    else rows.push(row);
  }
  return openings;
}

/** Only an explicit length survives into follow-ups, as the opening of the client's first session in the list. */
function followUpPrefix(table: RequestTable, profile: ClientProfile, first: number | undefined): FollowUpPrefix {
  const tokens = profile.client.prefixLength;
  if (profile.group < 0 || tokens === 0 || first === undefined || table.inputTokens[first]! < tokens) {
    return { kind: 'none' };
  }
  return tokens <= profile.prefixTokens
    ? { kind: 'group', group: profile.group, tokens }
    : { kind: 'prompt', row: first, tokens };
}

/** The list without later rounds of closed-loop sessions; prefixes that refer to rows move along. */
export function dropLaterRounds(
  table: RequestTable,
  sink: TokenSink,
  blueprints: Map<number, SessionBlueprint>,
): RequestTable {
  const kept: number[] = [];
  const place = new Int32Array(table.length).fill(-1);
  for (let row = 0; row < table.length; row++) {
    const follows = table.round[row]! > 0 && blueprints.has(table.session[row]!);
    if (!follows) place[row] = kept.push(row) - 1;
  }
  for (const [session, blueprint] of blueprints) {
    if (blueprint.prefix.kind !== 'prompt') continue;
    const prefix = { ...blueprint.prefix, row: place[blueprint.prefix.row]! };
    blueprints.set(session, { ...blueprint, prefix });
  }
  if (kept.length === table.length) return table;
  sink.select(kept);
  return table.select(kept);
}
