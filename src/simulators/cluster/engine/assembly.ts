import type { FollowUpSource, Workload } from '../../workload/follow-ups.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import { RareEvents } from '../control-events.ts';
import { DisaggregatedRouting } from '../disaggregation/disaggregated-routing.ts';
import { divideIntoPools } from '../disaggregation/disaggregation.ts';
import { Disaggregation, type DisaggregationParts } from '../disaggregation/disaggregation-flow.ts';
import { PairRouter } from '../disaggregation/pair-router.ts';
import type { EngineConfig } from '../engine-config.ts';
import { GatewayFlow, type GatewayHost } from '../gateway/gateway-flow.ts';
import { InFlightEviction } from '../gateway/in-flight-eviction.ts';
import { TenantBudgets } from '../gateway/tenant-budgets.ts';
import type { RequestIndex } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import type { InstanceListener } from '../instance/instance-parts.ts';
import { TokenStreams } from '../instance/token-streams.ts';
import { BlockKeys } from '../kv/block-keys.ts';
import type { EngineHooks } from '../policy/policy.ts';
import type { RequestRegister } from '../request-states.ts';
import { DecisionRecords } from '../routing/decision-records.ts';
import { Dispatch } from '../routing/dispatch.ts';
import { PolicyViews } from '../routing/policy-views.ts';
import { type RouterBuilder, routerBuilder } from '../routing/router-builder.ts';
import type { Router } from '../routing/routers.ts';
import { Snapshots } from '../routing/snapshots.ts';
import { Admissions } from './admissions.ts';
import { buildInstances } from './instance-builder.ts';
import type { RunMemory } from './run-memory.ts';

/** What the parts of a run tell the loop that holds them. */
export interface LoopHost {
  readonly memory: RunMemory;
  readonly requestEnded: InstanceListener['requestEnded'];
  readonly stepped: NonNullable<InstanceListener['stepped']>;
  /** A disaggregated request has ended with its decode. */
  readonly parentEnded: DisaggregationParts['ended'];
  /** The gateway sends a request to routing. */
  readonly dispatched: GatewayHost['route'];
  readonly sendWhole: (request: RequestIndex, instance: number, atUs: number) => void;
}

/** The parts of a run, joined and ready to start. */
export interface Assembly {
  readonly table: RequestTable;
  readonly requests: RequestRegister;
  readonly release: () => void;
  readonly followUps: FollowUpSource | null;
  readonly streams: TokenStreams | null;
  readonly keys: BlockKeys;
  readonly views: PolicyViews | null;
  readonly instances: readonly Instance[];
  readonly router: Router;
  readonly dispatch: Dispatch;
  readonly admissions: Admissions;
  readonly budgets: TenantBudgets | null;
  readonly rare: RareEvents;
  readonly gateway: GatewayFlow | null;
  /** null = requests at instances stay there. */
  readonly eviction: InFlightEviction | null;
  readonly disaggregation: DisaggregatedRouting | null;
  readonly priorityOfClass: Float64Array;
  readonly idOf: (request: RequestIndex) => string;
}

type Ground = ReturnType<typeof ground>;

/** Builds the parts in the order of the floors: requests and keys, instances, routing, what stands in front of it. */
export function assemble(config: EngineConfig, workload: Workload, hooks: EngineHooks, host: LoopHost): Assembly {
  const base = ground(config, workload, hooks, host.memory);
  const { table, requests, priorityOfClass, views } = base;
  const { requestEnded, stepped } = host;
  const listener = hooks.record === undefined ? { requestEnded } : { requestEnded, stepped };
  const instances = buildInstances({ config, hooks, ...base, listener });
  if (host.memory.books === 'all') for (const { gpu } of instances) gpu.keepBooks();
  const builder = routerBuilder({ config, hooks, ...base });
  const router = builder.main();
  const budgets = budgetsOf(config, table);
  const dispatch = dispatchOf(base, { config, hooks, instances, builder, budgets });
  const rare = new RareEvents();
  const disaggregation = disaggregate(base, { config, instances, builder, router, dispatch, rare, host });
  base.ids.flow = disaggregation?.flow ?? null;
  const { cacheSignal } = builder;
  if (cacheSignal.isUsed) cacheSignal.start(instances, base.keys);
  const own = hooks.admission === undefined || views === null ? null : { policy: hooks.admission, views };
  const admissions = new Admissions({ config, table, requests, dispatch, budgets, priorityOfClass, own });
  const gateway = gatewayOf(base, { config, dispatch, admissions, rare, host });
  return { ...base, instances, router, dispatch, admissions, budgets, rare, disaggregation, ...gateway };
}

/** Requests, their classes, and the identity of their content. */
function ground(config: EngineConfig, workload: Workload, hooks: EngineHooks, memory: RunMemory) {
  const { table, followUps } = workload.start();
  const { sloClasses } = table.names;
  const priorityOfClass = Float64Array.from(sloClasses, (name) => config.sloPriorities[name] ?? 3);
  const urgencyOfClass = urgencies(priorityOfClass, config.sloPriorities);
  const capacity = Math.max(16, (config.disaggregation === null ? 1 : 3) * table.length);
  const states = memory.take(table, urgencyOfClass, capacity);
  const requests: RequestRegister = states;
  const ids: { flow: Disaggregation | null } = { flow: null };
  const idOf = (request: RequestIndex) => table.id(requests.row[request]!) + (ids.flow?.suffix(request) ?? '');
  const usesPolicies = Object.keys(hooks).length > 0;
  return {
    table,
    followUps,
    requests,
    /** Nobody reads the state of the requests any more: the next run may have its memory. */
    release: () => memory.giveBack(states),
    priorityOfClass,
    ids,
    idOf,
    streams: config.measured === undefined ? null : new TokenStreams(requests, config.measured),
    keys: new BlockKeys(table, config.instance.blockSize, config.instance.prefixCaching === false ? 'apart' : 'shared'),
    views: usesPolicies ? new PolicyViews({ requests, table, priorityOfClass, idOf, needed: memory }) : null,
    /** Whether content outside shared prefixes occurs on one instance only, for one request. */
    oneHome: followUps === null && config.disaggregation === null && !hasParents(table),
  };
}

function budgetsOf(config: EngineConfig, table: RequestTable): TenantBudgets | null {
  const { tenantBudgets, instances, instance } = config;
  return tenantBudgets === null
    ? null
    : new TenantBudgets(table.names.tenants, tenantBudgets, instances * instance.maxSeqs);
}

function dispatchOf(
  { table, requests, idOf }: Ground,
  parts: Pick<Assembly, 'instances' | 'budgets'> & {
    readonly config: EngineConfig;
    readonly hooks: EngineHooks;
    readonly builder: RouterBuilder;
  },
): Dispatch {
  const { config, hooks, instances, builder, budgets } = parts;
  const { cacheSignal, ledger } = builder;
  const snapshots = new Snapshots(instances, config.snapshotRefreshUs);
  const records = new DecisionRecords(config.instances, {
    snapshots,
    record: hooks.record,
    idOf,
    regret: config.counterfactualK > 0 ? 'counted' : 'ignored',
  });
  return new Dispatch({ config, table, requests, instances, snapshots, cacheSignal, ledger, budgets, records });
}

function gatewayOf(
  { table, requests, priorityOfClass }: Ground,
  parts: Pick<Assembly, 'dispatch' | 'admissions' | 'rare'> & {
    readonly config: EngineConfig;
    readonly host: LoopHost;
  },
): Pick<Assembly, 'gateway' | 'eviction'> {
  const { dispatch, admissions, host } = parts;
  const config = parts.config.gateway;
  if (config === null) return { gateway: null, eviction: null };
  let eviction: InFlightEviction | null = null;
  const gateway = new GatewayFlow(
    config,
    table.names.tenants,
    {
      view: (atUs) => {
        dispatch.view(dispatch.everyInstance, atUs);
        return dispatch.snapshots;
      },
      route: host.dispatched,
      shed: (request) => admissions.shed(requests.row[request]!),
      hasEvictable: () => eviction?.hasVictim === true,
      dispatched: (request, saturation, waiting, atUs) => dispatch.records.dispatch(request, saturation, waiting, atUs),
    },
    parts.rare,
  );
  if (config.inFlightEviction) eviction = new InFlightEviction({ requests, table, gateway, priorityOfClass });
  return { gateway, eviction };
}

function disaggregate(
  { table, requests, idOf }: Ground,
  parts: Pick<Assembly, 'instances' | 'router' | 'dispatch' | 'rare'> & {
    readonly config: EngineConfig;
    readonly builder: RouterBuilder;
    readonly host: LoopHost;
  },
): DisaggregatedRouting | null {
  const { config, instances, builder, router, dispatch, host } = parts;
  if (config.disaggregation === null) return null;
  const flow = new Disaggregation(config.disaggregation, {
    ...{ requests, table, instances, builder, idOf },
    blockSize: config.instance.blockSize,
    mainRouter: router,
    events: parts.rare,
    pairs: pairRouter(config, table, instances, builder),
    ended: host.parentEnded,
  });
  return new DisaggregatedRouting(flow, { requests, dispatch, mainRouter: router, sendWhole: host.sendWhole });
}

function pairRouter(
  config: EngineConfig,
  table: RequestTable,
  instances: readonly Instance[],
  { cacheSignal }: RouterBuilder,
): PairRouter | null {
  const { seed, disaggregation } = config;
  if (disaggregation === null || disaggregation.pairRouting === null) return null;
  cacheSignal.isUsed = true;
  const pools = divideIntoPools(disaggregation);
  const configs = instances.map((instance) => instance.config);
  return new PairRouter(disaggregation.pairRouting, { seed, table, pools, configs, cacheSignal });
}

function hasParents(table: RequestTable): boolean {
  for (let row = 0; row < table.length; row++) if (table.parent[row]! >= 0) return true;
  return false;
}

/** Scheduling priority by class: 0 for the highest priority of the table (3 at least), larger for lower ones. */
function urgencies(priorityOfClass: Float64Array, priorities: EngineConfig['sloPriorities']): Float64Array {
  const highest = Math.max(3, ...Object.values(priorities));
  return priorityOfClass.map((priority) => highest - priority);
}
