import { EventQueue } from '../../kernel/event-queue.ts';
import type { FollowUpSource, RequestEnd, Workload } from '../../workload/follow-ups.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import { divideIntoPools } from '../disaggregation/disaggregation.ts';
import { Disaggregation } from '../disaggregation/disaggregation-flow.ts';
import { type ChosenPair, PairRouter } from '../disaggregation/pair-router.ts';
import type { EngineConfig } from '../engine-config.ts';
import { type Admission, createAdmission, effectiveLoad } from '../gateway/admission.ts';
import { EVICTION, GatewayFlow, RANK } from '../gateway/gateway-flow.ts';
import { TenantBudgets } from '../gateway/tenant-budgets.ts';
import { cannotProgress, type Instance } from '../instance/instance.ts';
import { TokenStreams } from '../instance/token-streams.ts';
import { BlockKeys } from '../kv/block-keys.ts';
import type { EngineHooks } from '../policy/policy.ts';
import { RequestStates } from '../request-states.ts';
import type { CacheSignal } from '../routing/cache-signal.ts';
import { classMembers } from '../routing/class-members.ts';
import { PolicyViews } from '../routing/policy-views.ts';
import { type RouterBuilder, routerBuilder } from '../routing/router-builder.ts';
import type { Router } from '../routing/routers.ts';
import { Snapshots } from '../routing/snapshots.ts';
import type { TokenLedger } from '../routing/token-ledger.ts';
import { TimeFifo } from '../time-fifo.ts';
import { buildInstances } from './instance-builder.ts';
import { MinTree } from './min-tree.ts';

const NEVER = Number.POSITIVE_INFINITY;
const NO_INSTANCE = new Int32Array(0);

/**
 * The event loop of a cluster. Control-plane events come in classes, in this order at one instant: arrival,
 * admission, routing, then the rare ones (`RANK`); all of them precede instance events of the same time, and of
 * instances with events at the same time the one with the lowest index goes first.
 */
export class ClusterEngine {
  readonly config: EngineConfig;
  readonly table: RequestTable;
  readonly requests: RequestStates;
  readonly streams: TokenStreams | null;
  readonly instances: readonly Instance[];
  readonly gateway: GatewayFlow | null;
  readonly disaggregation: Disaggregation | null;
  readonly arrivalsByClass: Float64Array;
  readonly shedByClass = new Map<string, number>();
  admissionRejected = 0;
  routingRejected = 0;
  evicted = 0;
  admitted = 0;
  /** Routing decisions by instance, and their regret; those of disaggregated requests do not count. */
  readonly targets: Float64Array;
  regretSum = 0;
  regretMax = 0;
  readonly #keys: BlockKeys;
  readonly #followUpSource: FollowUpSource | null;
  readonly #snapshots: Snapshots;
  readonly #cacheSignal: CacheSignal;
  readonly #ledger: TokenLedger | null;
  readonly #admission: Admission | null;
  /** Whether the view at an admission shows: to its policy, or in the age of signals later on. */
  readonly #admissionLooks: boolean;
  readonly #budgets: TenantBudgets | null;
  readonly #router: Router;
  readonly #everyInstance: Int32Array;
  /** By model of the table: 1 = no instance serves it. null = every request can go anywhere. */
  readonly #isForeignModel: Uint8Array | null;
  /** By SLO class of the table: the instances that serve it. null = every class can go anywhere. */
  readonly #membersOfClass: readonly (Int32Array | null)[] | null;
  readonly #priorityOfClass: Float64Array;
  readonly #urgencyOfClass: Float64Array;
  readonly #views: PolicyViews | null;
  readonly #hooks: EngineHooks;
  /** Rows not yet arrived, follow-ups, and the stages between the stages. */
  #nextRow = 0;
  readonly #initialRows: number;
  readonly #followUps = new EventQueue(16);
  readonly #admissions = new TimeFifo();
  readonly #routings = new TimeFifo();
  readonly #rare = new EventQueue(16);
  readonly #instanceTimes: MinTree;
  /** Requests by row of follow-ups. */
  readonly #requestOfFollowUp = new Map<number, number>();
  /** Sheddable requests at instances; kept only with in-flight eviction. Disaggregated ones cannot be evicted. */
  readonly #evictable: Set<number> | null;
  #clock = 0;

  constructor(config: EngineConfig, workload: Workload, hooks: EngineHooks = {}) {
    this.config = config;
    this.#hooks = hooks;
    const { table, followUps } = workload.start();
    this.table = table;
    this.#followUpSource = followUps;
    this.#initialRows = table.length;
    const subRequests = config.disaggregation === null ? 1 : 3;
    this.requests = new RequestStates(Math.max(16, subRequests * table.length));
    this.#priorityOfClass = Float64Array.from(table.names.sloClasses, (name) => config.sloPriorities[name] ?? 3);
    this.requests.addAll(table);
    this.#urgencyOfClass = urgencies(this.#priorityOfClass, config.sloPriorities);
    for (let row = 0; row < table.length; row++) {
      this.requests.urgency[row] = this.#urgencyOfClass[table.sloClass[row]!]!;
    }
    this.streams = config.measured === undefined ? null : new TokenStreams(this.requests, config.measured);
    const content = config.instance.prefixCaching === false ? 'apart' : 'shared';
    this.#keys = new BlockKeys(table, config.instance.blockSize, content);
    this.#views =
      Object.keys(hooks).length === 0
        ? null
        : new PolicyViews(this.requests, table, this.#priorityOfClass, (request) => this.idOf(request));
    this.instances = buildInstances({
      config,
      hooks,
      views: this.#views,
      keys: this.#keys,
      requests: this.requests,
      streams: this.streams,
      oneHome: followUps === null && config.disaggregation === null && !hasParents(table),
      idOf: (request) => this.idOf(request),
      listener: {
        requestEnded: (instance, request, end, produced, at) => this.#ended(instance, request, end, produced, at),
        ...(hooks.record === undefined
          ? {}
          : {
              stepped: (instance: Instance, at: number, duration: number) => this.#recordStep(instance, at, duration),
            }),
      },
    });
    this.#everyInstance = Int32Array.from({ length: config.instances }, (_, i) => i);
    this.#isForeignModel = foreignModels(table.names.models, config.model);
    this.#membersOfClass =
      config.classPools === undefined ? null : classMembers(config.classPools, table.names.sloClasses);
    this.#snapshots = new Snapshots(this.instances, config.snapshotRefreshUs);
    const builder = routerBuilder({
      config,
      hooks,
      views: this.#views,
      keys: this.#keys,
      table,
      requests: this.requests,
      tracksAll: followUps !== null || config.disaggregation !== null || hasParents(table),
    });
    this.#cacheSignal = builder.cacheSignal;
    this.#ledger = builder.ledger;
    this.#router = builder.main();
    this.#admission =
      config.admission.kind === 'always-admit' || config.gateway !== null ? null : createAdmission(config.admission);
    this.#budgets =
      config.tenantBudgets === null
        ? null
        : new TenantBudgets(table.names.tenants, config.tenantBudgets, config.instances * config.instance.maxSeqs);
    this.arrivalsByClass = new Float64Array(table.names.sloClasses.length);
    this.targets = new Float64Array(config.instances);
    this.#instanceTimes = new MinTree(config.instances);
    this.#evictable = config.gateway?.inFlightEviction === true ? new Set() : null;
    this.gateway =
      config.gateway === null
        ? null
        : new GatewayFlow(config.gateway, table.names.tenants, this.#gatewayHost(), this.#rare);
    this.disaggregation =
      config.disaggregation === null
        ? null
        : new Disaggregation(config.disaggregation, {
            requests: this.requests,
            table,
            instances: this.instances,
            blockSize: config.instance.blockSize,
            builder,
            mainRouter: this.#router,
            events: this.#rare,
            idOf: (request) => this.idOf(request),
            pairs: this.#pairRouter(builder),
            ended: (decode, end, produced, at) => this.#followUp(this.requests.row[decode]!, end, produced, at),
            otherDecode: (request, without, at) => this.#otherDecode(request, without, at),
          });
    if (this.#cacheSignal.isUsed) this.#cacheSignal.start(this.instances, this.#keys);
    this.#admissionLooks =
      config.snapshotRefreshUs > 0 ||
      this.#cacheSignal.isUsed ||
      this.#admission !== null ||
      hooks.admission !== undefined;
  }

  get clock(): number {
    return this.#clock;
  }

  idOf(request: number): string {
    const suffix = this.disaggregation?.suffix(request) ?? '';
    return this.table.id(this.requests.row[request]!) + suffix;
  }

  /**
   * Runs to the end, or to the horizon.
   * @throws InputError when requests remain that can never go on
   */
  run(): void {
    this.#loop();
    for (const instance of this.instances) {
      if (instance.isStuck() && this.config.horizonUs === NEVER) {
        const waiting = instance.queue.length;
        throw cannotProgress(`${waiting} requests at instance ${instance.index} wait for free KV blocks`, this.#clock);
      }
      instance.settle();
    }
  }

  #loop(): void {
    const horizon = this.config.horizonUs;
    const times = this.#instanceTimes;
    for (;;) {
      const control = this.#controlTime();
      const instance = times.min;
      if (control <= instance) {
        if (control === NEVER || control > horizon) return;
        this.#clock = control;
        this.#control(control);
      } else {
        if (instance > horizon) return;
        this.#clock = instance;
        this.#instanceEvent(this.instances[times.first]!);
      }
    }
  }

  #addRequest(row: number): number {
    const q = this.requests;
    const request = q.add(this.table, row);
    q.urgency[request] = this.#urgencyOfClass[this.table.sloClass[row]!]!;
    return request;
  }

  #controlTime(): number {
    return Math.min(
      this.#nextRow < this.#initialRows ? this.table.arrivalUs[this.#nextRow]! : NEVER,
      this.#followUps.peekTime(),
      this.#admissions.headTime,
      this.#routings.headTime,
      this.#rare.peekTime(),
    );
  }

  #control(at: number): void {
    if (this.#nextRow < this.#initialRows && this.table.arrivalUs[this.#nextRow]! === at)
      this.#arrive(this.#nextRow++, at);
    else if (this.#followUps.peekTime() === at) this.#arrive(this.#followUps.pop(), at);
    else if (this.#admissions.headTime === at) this.#admit(this.#admissions.shift(), at);
    else if (this.#routings.headTime === at) this.#route(this.#routings.shift(), at);
    else this.#rareEvent(this.#rare.pop(), this.#rare.rank, at);
  }

  #arrive(request: number, at: number): void {
    const sloClass = this.table.sloClass[this.requests.row[request]!]!;
    this.arrivalsByClass[sloClass] = this.arrivalsByClass[sloClass]! + 1;
    this.#admissions.push(at + this.config.admissionLatencyUs, request);
  }

  #admit(request: number, at: number): void {
    const row = this.requests.row[request]!;
    const priority = this.#priorityOfClass[this.table.sloClass[row]!]!;
    if (this.#admissionLooks) this.#view(this.#instancesFor(row), at);
    const admitted = this.#isAdmitted(request, priority, at);
    this.#hooks.record?.({ kind: 'admission', atUs: at, request: this.idOf(request), admitted });
    if (!admitted) {
      this.admissionRejected++;
      this.#shed(request);
      return;
    }
    this.admitted++;
    if (this.gateway === null) {
      this.#routings.push(at + this.config.routingLatencyUs, request);
      return;
    }
    const own = this.table.sloTargetUs[row]!;
    const target = own > 0 ? own : (this.config.gateway!.sloTargetsUs[this.#classOf(row)] ?? NEVER);
    this.gateway.enqueue(request, priority, this.table.tenant[row]!, target, at);
  }

  #isAdmitted(request: number, priority: number, at: number): boolean {
    const row = this.requests.row[request]!;
    if (this.#budgets?.sheds(this.table.tenant[row]!, priority)) return false;
    if (this.#hooks.admission !== undefined && this.#views !== null) {
      const { admission } = this.#hooks;
      return admission.admits(
        this.#views.request(request),
        this.#views.instances(this.#snapshots, this.#cacheSignal),
        at,
      );
    }
    if (this.#admission === null) return true;
    return this.#admission.admits({ inputTokens: this.table.inputTokens[row]!, priority }, this.#snapshots, at);
  }

  #route(request: number, at: number): void {
    if (this.disaggregation !== null) {
      this.#routeDisaggregated(request, at);
      return;
    }
    const instances = this.#instancesFor(this.requests.row[request]!);
    this.#view(instances, at);
    if (instances.length === 0) {
      this.routingRejected++;
      return;
    }
    const chosen = this.#choose(this.#router, request, at);
    this.#countDecision(this.#router, chosen);
    this.#sendWhole(request, chosen, at);
  }

  #countDecision(router: Router, chosen: number): void {
    this.targets[chosen] = this.targets[chosen]! + 1;
    if (this.config.counterfactualK > 0 && router.scores === null) this.#recordRegret(chosen);
  }

  /** Hands a request to the instance that serves all of it. */
  #sendWhole(request: number, chosen: number, at: number): void {
    if (this.#evictable !== null && this.#priorityOf(request) < 0) this.#evictable.add(request);
    this.#send(request, chosen, at);
  }

  /** Those that serve the request's model and class. Pools of disaggregation do not ask, as in the reference. */
  #instancesFor(row: number): Int32Array {
    if (this.#isForeignModel?.[this.table.model[row]!] === 1) return NO_INSTANCE;
    return this.#membersOfClass?.[this.table.sloClass[row]!] ?? this.#everyInstance;
  }

  /** Asks a router about the present view. */
  #choose(router: Router, request: number, at: number): number {
    const q = this.requests;
    const row = q.row[request]!;
    const blocks = Math.floor(q.inputTokens[request]! / this.config.instance.blockSize);
    const chosen = router.choose({ request, row, blocks }, this.#snapshots, at);
    if (this.#hooks.record !== undefined) this.#recordRouting(router, request, chosen, at);
    return chosen;
  }

  /** Hands a request to an instance. */
  #send(request: number, chosen: number, at: number): void {
    this.#countRouted(request, chosen);
    this.#ledger?.charge(request, chosen);
    this.instances[chosen]!.inject(request, at);
    this.#instanceTimes.set(chosen, this.instances[chosen]!.nextTime());
  }

  #countRouted(request: number, chosen: number): void {
    const row = this.requests.row[request]!;
    const { inFlight } = this.#snapshots;
    inFlight[chosen] = inFlight[chosen]! + 1;
    this.#budgets?.routed(this.table.tenant[row]!);
  }

  #routeDisaggregated(request: number, at: number): void {
    const flow = this.disaggregation!;
    this.#viewPool(flow.pools.decode, at);
    if (flow.pools.decode.length === 0) {
      this.routingRejected++;
      return;
    }
    const pair = flow.pairs === null ? null : this.#choosePair(flow, flow.pairs, request, at);
    const chosen = pair?.decode ?? this.#choose(flow.decodeRouter, request, at);
    const cached = flow.needsCachedBlocks ? this.#cacheSignal.cachedBlocks(chosen, this.requests.row[request]!) : 0;
    const disaggregates = flow.disaggregates(request, cached);
    if (!disaggregates) this.#countDecision(flow.decodeRouter, chosen);
    if (flow.encodes(request)) {
      // Encoding costs no time, but its routing leaves traces in the main router, which other pools share.
      this.#viewPool(flow.pools.encode, at);
      this.#choose(this.#router, request, at);
    }
    if (disaggregates) {
      flow.startPrefill(request, chosen, at, pair?.prefill);
      return;
    }
    flow.pairs?.decodePlaced(request, this.requests.row[request]!, chosen);
    this.#sendWhole(request, chosen, at);
  }

  #pairRouter(builder: RouterBuilder): PairRouter | null {
    const { config } = this;
    const settings = config.disaggregation?.pairRouting ?? null;
    if (settings === null) return null;
    builder.cacheSignal.isUsed = true;
    return new PairRouter(settings, {
      seed: config.seed,
      table: this.table,
      pools: divideIntoPools(config.disaggregation!),
      configs: this.instances.map((instance) => instance.config),
      cacheSignal: builder.cacheSignal,
    });
  }

  #choosePair(flow: Disaggregation, pairs: PairRouter, request: number, at: number): ChosenPair | null {
    this.#viewPool(flow.pools.prefill, at);
    const pair = pairs.choose(this.requests.row[request]!, this.#snapshots);
    this.#viewPool(flow.pools.decode, at);
    if (pair !== null && this.#hooks.record !== undefined) this.#recordRouting(null, request, pair.decode, at);
    return pair;
  }

  #otherDecode(request: number, without: number, at: number): number {
    const { pools, decodeRouter } = this.disaggregation!;
    const others = pools.decode.filter((instance) => instance !== without);
    if (others.length === 0) return -1;
    this.#viewPool(others, at);
    return this.#choose(decodeRouter, request, at);
  }

  #routePrefill(flow: Disaggregation, prefill: number, at: number): void {
    this.#viewPool(flow.pools.prefill, at);
    if (flow.pools.prefill.length === 0) {
      this.routingRejected++;
      return;
    }
    const paired = flow.pairedPrefill(prefill);
    const chosen = paired >= 0 ? paired : this.#choose(flow.prefillRouter, prefill, at);
    if (paired >= 0 && this.#hooks.record !== undefined) this.#recordRouting(null, prefill, chosen, at);
    flow.pairs?.prefillPlaced(prefill, this.requests.row[prefill]!, chosen);
    this.#send(prefill, chosen, at);
  }

  #rareEvent(payload: number, rank: number, at: number): void {
    const flow = this.disaggregation;
    switch (rank) {
      case RANK.prefillRouting:
        this.#routePrefill(flow!, payload, at);
        return;
      case RANK.transferStart:
        if (payload === EVICTION) this.#evict();
        else flow!.startTransfer(payload, at);
        return;
      case RANK.transferEnd: {
        if (payload < 0) {
          this.gateway!.expire(~payload);
          return;
        }
        const { decode, instance } = flow!.endTransfer(payload, at);
        this.#countRouted(decode, instance);
        this.instances[instance]!.injectPrefilled(decode, at);
        this.#instanceTimes.set(instance, this.instances[instance]!.nextTime());
        return;
      }
      default:
        this.gateway!.tick(at);
    }
  }

  #instanceEvent(instance: Instance): void {
    const { inFlight } = this.#snapshots;
    const before = instance.ended;
    instance.process();
    const ended = instance.ended - before;
    if (ended > 0) inFlight[instance.index] = Math.max(0, inFlight[instance.index]! - ended);
    this.#instanceTimes.set(instance.index, instance.nextTime());
    this.disaggregation?.afterEvent(this.#clock);
  }

  #ended(instance: Instance, request: number, end: RequestEnd, produced: number, atUs: number): void {
    const row = this.requests.row[request]!;
    this.#budgets?.ended(this.table.tenant[row]!);
    this.#evictable?.delete(request);
    const flow = this.disaggregation;
    if (flow?.isPrefill(request)) {
      flow.prefillEnded(request, end);
      flow.forget(request);
      return;
    }
    flow?.forget(request);
    if (end === 'completed' || end === 'length-capped') flow?.pairs?.answered(produced);
    this.#views?.ended(request, instance.index, end, atUs, this.#hooks.scorers);
    if (flow?.isDecode(request)) flow.noteEnd({ decode: request, end, produced });
    else this.#followUp(row, end, produced, atUs);
  }

  /** The next round of a session, if the end of a request brings one. */
  #followUp(row: number, end: RequestEnd, produced: number, at: number): void {
    if (this.#followUpSource === null) return;
    const next = this.#followUpSource.next(this.table, row, end, produced, at);
    if (next < 0) return;
    this.#keys.cover();
    const added = this.#addRequest(next);
    this.#requestOfFollowUp.set(next, added);
    this.#followUps.push(this.table.arrivalUs[next]!, 0, added);
  }

  /** The request index of a table row. */
  requestOf(row: number): number {
    return row < this.#initialRows ? row : this.#requestOfFollowUp.get(row)!;
  }

  #evict(): void {
    let victim = -1;
    for (const request of this.#evictable!) {
      if (victim < 0 || this.#evictsBefore(request, victim)) victim = request;
    }
    if (victim < 0) return;
    this.#evictable!.delete(victim);
    const instance = this.instances[this.requests.instance[victim]!]!;
    if (!instance.evict(victim, this.#clock)) return;
    const { inFlight } = this.#snapshots;
    inFlight[instance.index] = Math.max(0, inFlight[instance.index]! - 1);
    this.#instanceTimes.set(instance.index, instance.nextTime());
    this.#budgets?.ended(this.table.tenant[this.requests.row[victim]!]!);
    this.evicted++;
    this.#shed(victim);
  }

  /** Lowest priority first, then dispatched last. */
  #evictsBefore(a: number, b: number): boolean {
    const difference = this.#priorityOf(a) - this.#priorityOf(b);
    if (difference !== 0) return difference < 0;
    return this.gateway!.dispatchedAtUs(a) >= this.gateway!.dispatchedAtUs(b);
  }

  #priorityOf(request: number): number {
    return this.#priorityOfClass[this.table.sloClass[this.requests.row[request]!]!]!;
  }

  #shed(request: number): void {
    const name = this.#classOf(this.requests.row[request]!) || 'standard';
    this.shedByClass.set(name, (this.shedByClass.get(name) ?? 0) + 1);
  }

  #classOf(row: number): string {
    return this.table.names.sloClasses[this.table.sloClass[row]!]!;
  }

  #view(members: Int32Array, at: number): void {
    if (this.#cacheSignal.isUsed) this.#cacheSignal.refresh(at);
    this.#snapshots.view(members, at);
  }

  /** A pool's view ages the signals of all instances, not of its members alone. */
  #viewPool(members: Int32Array, at: number): void {
    if (this.config.snapshotRefreshUs > 0) this.#snapshots.view(this.#everyInstance, at);
    this.#view(members, at);
  }

  #gatewayHost() {
    const { record } = this.#hooks;
    return {
      view: (at: number) => {
        this.#view(this.#everyInstance, at);
        return this.#snapshots;
      },
      route: (request: number, at: number) => this.#routings.push(at + this.config.routingLatencyUs, request),
      shed: (request: number) => this.#shed(request),
      hasEvictable: () => this.#evictable !== null && this.#evictable.size > 0,
      ...(record === undefined
        ? {}
        : {
            dispatched: (request: number, saturation: number, waiting: number, atUs: number) =>
              record({
                kind: 'dispatch',
                atUs,
                request: request < 0 ? null : this.idOf(request),
                saturation,
                waiting,
              }),
          }),
    };
  }

  /** How much better the best instance looked than the chosen one, by effective load. */
  #recordRegret(chosen: number): void {
    const view = this.#snapshots;
    let least = NEVER;
    for (let k = 0; k < view.count; k++) least = Math.min(least, effectiveLoad(view, view.members[k]!));
    const regret = effectiveLoad(view, chosen) - least;
    this.regretSum += regret;
    this.regretMax = Math.max(this.regretMax, regret);
  }

  #recordRouting(router: Router | null, request: number, chosen: number, atUs: number): void {
    const view = this.#snapshots;
    const members = [...view.members.subarray(0, view.count)];
    this.#hooks.record?.({
      kind: 'routing',
      atUs,
      request: this.idOf(request),
      instance: chosen,
      scores: router?.scores ? members.map((i) => router.scores![i]!) : null,
      instances: members.map((index) => ({
        index,
        queueDepth: view.queueDepth[index]!,
        batchSize: view.batchSize[index]!,
        kvUtilization: view.kvUtilization[index]!,
        freeBlocks: view.freeBlocks[index]!,
        inFlight: view.inFlight[index]!,
      })),
    });
  }

  #recordStep(instance: Instance, atUs: number, durationUs: number): void {
    const { batch, gpu } = instance;
    this.#hooks.record?.({
      kind: 'step',
      atUs,
      durationUs,
      instance: instance.index,
      queueDepth: instance.queue.length,
      batch: Array.from({ length: batch.size }, (_, i) => ({
        request: this.idOf(batch.request[i]!),
        progress: batch.progress(i),
      })),
      usedBlocks: gpu.used,
      hits: gpu.hits,
      misses: gpu.misses,
    });
  }
}

/** null where every request names the served model or none. */
function foreignModels(names: readonly string[], served: string | undefined): Uint8Array | null {
  const foreign = Uint8Array.from(names, (name) => (served !== undefined && name !== '' && name !== served ? 1 : 0));
  return foreign.includes(1) ? foreign : null;
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
