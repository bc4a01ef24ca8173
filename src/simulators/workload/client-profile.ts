import type { TrafficClient } from './expand-clients.ts';
import { type LengthSampler, lengthSampler } from './length-sampler.ts';
import type { RequestNames, RequestTable } from './request-table.ts';

/** Session requests without a timeout of their own give up after this, µs. */
const SESSION_TIMEOUT_US = 300_000_000;
/** Length of a prefix group whose first client gives none. */
const DEFAULT_PREFIX_TOKENS = 50;

/** Who sends a request: indices into the table's names, and what its deadline follows from. */
export interface RequestOwner {
  /** Index into `names.clients`; for generated workloads also the place in generation order. */
  readonly index: number;
  readonly tenant: number;
  readonly sloClass: number;
  readonly model: number;
  /** 0 = no deadline, null = the default. */
  readonly timeoutUs: number | null;
  readonly sloTargetUs: number;
}

/** A client with everything its rows have in common resolved to indices. */
export interface ClientProfile extends RequestOwner {
  readonly client: TrafficClient;
  /** Index of the shared prefix and its length; −1 and 0 without one. */
  readonly group: number;
  readonly prefixTokens: number;
  readonly input: LengthSampler;
  readonly output: LengthSampler;
  /** Whether its sessions continue when a round ends, instead of on a fixed schedule. */
  readonly closedLoop: boolean;
}

/** Profiles of all clients, and the names their indices refer to. Groups are numbered by first use. */
export function clientProfiles(clients: readonly TrafficClient[]): {
  readonly profiles: readonly ClientProfile[];
  readonly names: RequestNames;
} {
  const names = emptyNames();
  const indexes = new Map<string[], Map<string, number>>();
  const profiles = clients.map((client, index): ClientProfile => {
    names.clients.push(client.id);
    let group = -1;
    if (client.prefixGroup !== '') {
      group = indexOf(indexes, names.prefixGroups, client.prefixGroup);
      names.groupLengths[group] ??= client.prefixLength > 0 ? client.prefixLength : DEFAULT_PREFIX_TOKENS;
    }
    return {
      client,
      index,
      timeoutUs: client.timeoutUs,
      sloTargetUs: client.sloTargetUs,
      tenant: indexOf(indexes, names.tenants, client.tenant),
      sloClass: indexOf(indexes, names.sloClasses, client.sloClass),
      model: indexOf(indexes, names.models, client.model),
      group,
      prefixTokens: group < 0 ? 0 : names.groupLengths[group]!,
      input: lengthSampler(client.input),
      output: lengthSampler(client.output),
      closedLoop: client.closedLoop ?? client.multiTurn !== null,
    };
  });
  return { profiles, names };
}

export function emptyNames(): RequestNames {
  return { sloClasses: [], tenants: [], clients: [], models: [], prefixGroups: [], sessions: [], groupLengths: [] };
}

/** Index of `name` in `list`, appended if new. @param indexes - what is known, by list */
export function indexOf(indexes: Map<string[], Map<string, number>>, list: string[], name: string): number {
  let known = indexes.get(list);
  if (known === undefined) {
    known = new Map();
    indexes.set(list, known);
  }
  let index = known.get(name);
  if (index === undefined) {
    index = list.push(name) - 1;
    known.set(name, index);
  }
  return index;
}

/**
 * Adds a row of the client that starts with its shared prefix.
 * @param ownTokens - prompt tokens after the prefix
 */
export function appendRequest(
  table: RequestTable,
  profile: ClientProfile,
  arrivalUs: number,
  ownTokens: number,
  outputTokens: number,
): number {
  const row = table.append();
  table.arrivalUs[row] = arrivalUs;
  table.inputTokens[row] = profile.prefixTokens + ownTokens;
  table.outputTokens[row] = outputTokens;
  table.maxOutputTokens[row] = outputTokens;
  table.sloTargetUs[row] = profile.sloTargetUs;
  table.sloClass[row] = profile.sloClass;
  table.tenant[row] = profile.tenant;
  table.client[row] = profile.index;
  table.model[row] = profile.model;
  table.group[row] = profile.group;
  table.groupTokens[row] = profile.prefixTokens;
  return row;
}

/** Absolute deadline, 0 = none. @param kind - session requests have one by default */
export function deadlineAt(arrivalUs: number, timeoutUs: number | null, kind: 'session' | 'single'): number {
  if (timeoutUs !== null) return timeoutUs > 0 ? arrivalUs + timeoutUs : 0;
  return kind === 'session' ? arrivalUs + SESSION_TIMEOUT_US : 0;
}
