import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { TenantBudgets } from '../gateway/tenant-budgets.ts';
import type { RequestIndex, Row } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import { MinTree } from '../min-tree.ts';
import type { CacheSignal } from './cache-signal.ts';
import { classMembers } from './class-members.ts';
import type { DecisionRecords } from './decision-records.ts';
import type { Router } from './routers.ts';
import type { Snapshots } from './snapshots.ts';
import type { TokenLedger } from './token-ledger.ts';

const NO_INSTANCE = new Int32Array(0);

export interface DispatchParts {
  readonly config: EngineConfig;
  readonly table: RequestTable;
  readonly requests: RequestsView;
  readonly instances: readonly Instance[];
  readonly snapshots: Snapshots;
  readonly cacheSignal: CacheSignal;
  readonly ledger: TokenLedger | null;
  readonly budgets: TenantBudgets | null;
  readonly records: DecisionRecords;
}

/** Between routers and instances: takes the view, asks a router, hands requests over and counts those under way. */
export class Dispatch {
  readonly instances: readonly Instance[];
  readonly snapshots: Snapshots;
  readonly cacheSignal: CacheSignal;
  readonly records: DecisionRecords;
  readonly everyInstance: Int32Array;
  /** Time of the next event of every instance. */
  readonly times: MinTree;
  readonly #blockSize: number;
  readonly #refreshes: boolean;
  readonly #table: RequestTable;
  readonly #requests: RequestsView;
  readonly #ledger: TokenLedger | null;
  readonly #budgets: TenantBudgets | null;
  /** By model of the table: 1 = no instance serves it. null = every request can go anywhere. */
  readonly #isForeignModel: Uint8Array | null;
  /** By SLO class of the table: the instances that serve it. null = every class can go anywhere. */
  readonly #membersOfClass: readonly (Int32Array | null)[] | null;

  constructor({ config, table, ...parts }: DispatchParts) {
    this.instances = parts.instances;
    this.snapshots = parts.snapshots;
    this.cacheSignal = parts.cacheSignal;
    this.records = parts.records;
    this.everyInstance = Int32Array.from({ length: config.instances }, (_, i) => i);
    this.times = new MinTree(config.instances);
    this.#blockSize = config.instance.blockSize;
    this.#refreshes = config.snapshotRefreshUs > 0;
    this.#table = table;
    this.#requests = parts.requests;
    this.#ledger = parts.ledger;
    this.#budgets = parts.budgets;
    this.#isForeignModel = foreignModels(table.names.models, config.model);
    this.#membersOfClass =
      config.classPools === undefined ? null : classMembers(config.classPools, table.names.sloClasses);
  }

  /** Those that serve the row's model and class. Pools of disaggregation do not ask, as in the reference. */
  membersFor(row: Row): Int32Array {
    if (this.#isForeignModel?.[this.#table.model[row]!] === 1) return NO_INSTANCE;
    return this.#membersOfClass?.[this.#table.sloClass[row]!] ?? this.everyInstance;
  }

  view(members: Int32Array, atUs: number): void {
    if (this.cacheSignal.isUsed) this.cacheSignal.refresh(atUs);
    this.snapshots.view(members, atUs);
  }

  /** A pool's view ages the signals of all instances, not of its members alone. */
  viewPool(members: Int32Array, atUs: number): void {
    if (this.#refreshes) this.snapshots.view(this.everyInstance, atUs);
    this.view(members, atUs);
  }

  /** Asks a router about the present view. */
  choose(router: Router, request: RequestIndex, atUs: number): number {
    const q = this.#requests;
    const blocks = Math.floor(q.inputTokens[request]! / this.#blockSize);
    const chosen = router.choose({ request, row: q.row[request]!, blocks }, this.snapshots, atUs);
    if (this.records.areKept) this.records.routing(router.scores, request, chosen, atUs);
    return chosen;
  }

  /** Hands a request to an instance. */
  send(request: RequestIndex, instance: number, atUs: number): void {
    this.#count(request, instance);
    this.#ledger?.charge(request, instance);
    this.instances[instance]!.inject(request, atUs);
    this.changed(instance);
  }

  /** Hands over a request whose prompt has been transferred to the instance. */
  sendPrefilled(request: RequestIndex, instance: number, atUs: number): void {
    this.#count(request, instance);
    this.instances[instance]!.injectPrefilled(request, atUs);
    this.changed(instance);
  }

  /** The next event of an instance may be another one. */
  changed(instance: number): void {
    this.times.set(instance, this.instances[instance]!.nextTime());
  }

  /** Requests have left an instance. */
  left(instance: number, count: number): void {
    const { inFlight } = this.snapshots;
    inFlight[instance] = Math.max(0, inFlight[instance]! - count);
  }

  #count(request: RequestIndex, instance: number): void {
    const { inFlight } = this.snapshots;
    inFlight[instance] = inFlight[instance]! + 1;
    this.#budgets?.routed(this.#table.tenant[this.#requests.row[request]!]!);
  }
}

/** null where every request names the served model or none. */
function foreignModels(names: readonly string[], served: string | undefined): Uint8Array | null {
  const foreign = Uint8Array.from(names, (name) => (served !== undefined && name !== '' && name !== served ? 1 : 0));
  return foreign.includes(1) ? foreign : null;
}
