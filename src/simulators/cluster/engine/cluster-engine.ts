import { EventQueue } from '../../kernel/event-queue.ts';
import type { FollowUpSource, RequestEnd, Workload } from '../../workload/follow-ups.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import { CannotProgress } from '../cannot-progress.ts';
import type { RareEvents } from '../control-events.ts';
import type { DisaggregatedRouting } from '../disaggregation/disaggregated-routing.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { GatewayFlow } from '../gateway/gateway-flow.ts';
import type { RequestIndex, Row } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import type { MinTree } from '../min-tree.ts';
import type { EngineHooks } from '../policy/policy.ts';
import type { RequestRegister } from '../request-states.ts';
import type { Dispatch } from '../routing/dispatch.ts';
import { TimeFifo } from '../time-fifo.ts';
import { type Assembly, assemble } from './assembly.ts';
import { RunMemory } from './run-memory.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** The event loop of a cluster, over the parts that `assemble` has joined. `EVENT_KINDS` lists the order of its events. */
export class ClusterEngine {
  readonly config: EngineConfig;
  readonly parts: Assembly;
  readonly table: RequestTable;
  readonly requests: RequestRegister;
  readonly instances: readonly Instance[];
  routingRejected = 0;
  readonly #hooks: EngineHooks;
  readonly #followUpSource: FollowUpSource | null;
  readonly #dispatch: Dispatch;
  readonly #gateway: GatewayFlow | null;
  readonly #disaggregation: DisaggregatedRouting | null;
  /** Rows not yet arrived, follow-ups, and the stages between the stages. */
  #nextRow = 0;
  readonly #initialRows: number;
  readonly #followUps = new EventQueue(16);
  readonly #admissions = new TimeFifo();
  readonly #routings = new TimeFifo();
  readonly #rare: RareEvents;
  readonly #instanceTimes: MinTree;
  /** Requests by row of follow-ups. */
  readonly #requestOfFollowUp = new Map<Row, RequestIndex>();
  #clock = 0;

  constructor(config: EngineConfig, workload: Workload, hooks: EngineHooks = {}, memory = new RunMemory()) {
    this.config = config;
    this.#hooks = hooks;
    const parts = assemble(config, workload, hooks, {
      memory,
      requestEnded: (instance, request, end, produced, at) => this.#ended(instance, request, end, produced, at),
      stepped: (instance, at, duration) => this.#dispatch.records.step(this.instances[instance]!, at, duration),
      parentEnded: (decode, end, produced, at) => this.#followUp(this.requests.row[decode]!, end, produced, at),
      dispatched: (request, at) => this.#routings.push(at + config.routingLatencyUs, request),
      sendWhole: (request, instance, at) => this.#sendWhole(request, instance, at),
    });
    this.parts = parts;
    this.table = parts.table;
    this.requests = parts.requests;
    this.instances = parts.instances;
    this.#followUpSource = parts.followUps;
    this.#dispatch = parts.dispatch;
    this.#gateway = parts.gateway;
    this.#disaggregation = parts.disaggregation;
    this.#initialRows = parts.table.length;
    this.#rare = parts.rare;
    this.#instanceTimes = parts.dispatch.times;
  }

  /**
   * Runs to the end, or to the horizon.
   * @throws CannotProgress when requests remain that can never go on
   */
  run(): void {
    this.#loop();
    for (const instance of this.instances) {
      if (instance.isStuck() && this.config.horizonUs === NEVER) {
        const waiting = instance.queue.length;
        throw new CannotProgress(
          `${waiting} requests at instance ${instance.index} wait for free KV blocks`,
          this.#clock,
        );
      }
      instance.settle();
    }
  }

  /** The request index of a table row. */
  requestOf(row: Row): RequestIndex {
    return row < this.#initialRows ? (row as number as RequestIndex) : this.#requestOfFollowUp.get(row)!;
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

  #controlTime(): number {
    return Math.min(
      this.#nextRow < this.#initialRows ? this.table.arrivalUs[this.#nextRow]! : NEVER,
      this.#followUps.peekTime(),
      this.#admissions.headTime,
      this.#routings.headTime,
      this.#rare.peekTime(),
    );
  }

  /** The first control event of an instant, by the ranks of `EVENT_KINDS`. */
  #control(at: number): void {
    if (this.#nextRow < this.#initialRows && this.table.arrivalUs[this.#nextRow]! === at)
      this.#arrive(this.#nextRow++ as RequestIndex, at);
    else if (this.#followUps.peekTime() === at) this.#arrive(this.#followUps.pop() as RequestIndex, at);
    else if (this.#admissions.headTime === at) this.#admit(this.#admissions.shift() as RequestIndex, at);
    else if (this.#routings.headTime === at) this.#route(this.#routings.shift() as RequestIndex, at);
    else this.#rareEvent(this.#rare.pop() as RequestIndex, at);
  }

  #arrive(request: RequestIndex, at: number): void {
    this.parts.admissions.arrived(this.requests.row[request]!);
    this.#admissions.push(at + this.config.admissionLatencyUs, request);
  }

  #admit(request: RequestIndex, at: number): void {
    if (!this.parts.admissions.admits(request, at)) return;
    if (this.#gateway === null) {
      this.#routings.push(at + this.config.routingLatencyUs, request);
      return;
    }
    const { table } = this;
    const row = this.requests.row[request]!;
    const sloClass = table.sloClass[row]!;
    const own = table.sloTargetUs[row]!;
    const ofClass = this.config.gateway!.sloTargetsUs[table.names.sloClasses[sloClass]!] ?? NEVER;
    const priority = this.parts.priorityOfClass[sloClass]!;
    this.#gateway.enqueue(request, priority, table.tenant[row]!, own > 0 ? own : ofClass, at);
  }

  #route(request: RequestIndex, at: number): void {
    if (this.#disaggregation !== null) {
      this.#disaggregation.route(request, at);
      return;
    }
    const dispatch = this.#dispatch;
    const members = dispatch.membersFor(this.requests.row[request]!);
    dispatch.view(members, at);
    if (members.length === 0) {
      this.routingRejected++;
      return;
    }
    const { router } = this.parts;
    const chosen = dispatch.choose(router, request, at);
    dispatch.records.count(router, chosen);
    this.#sendWhole(request, chosen, at);
  }

  /** Hands a request to the instance that serves all of it. */
  #sendWhole(request: RequestIndex, instance: number, at: number): void {
    this.parts.eviction?.sent(request);
    this.#dispatch.send(request, instance, at);
  }

  #rareEvent(request: RequestIndex, at: number): void {
    const { kind } = this.#rare;
    switch (kind) {
      case 'prefill routing':
        this.#disaggregation!.routePrefill(request, at);
        return;
      case 'transfer start':
        this.#disaggregation!.startTransfer(request, at);
        return;
      case 'transfer end':
        this.#disaggregation!.endTransfer(request, at);
        return;
      case 'eviction':
        this.#evict();
        return;
      case 'gateway expiry':
        this.#gateway!.expire(request);
        return;
      case 'gateway tick':
        this.#gateway!.tick(at);
        return;
      default:
        kind satisfies never;
    }
  }

  #instanceEvent(instance: Instance): void {
    const { ends } = instance;
    const before = ends.count;
    instance.process();
    const ended = ends.count - before;
    if (ended > 0) this.#dispatch.left(instance.index, ended);
    this.#dispatch.changed(instance.index);
    this.#disaggregation?.flow.afterEvent(this.#clock);
  }

  #ended(instance: number, request: RequestIndex, end: RequestEnd, produced: number, atUs: number): void {
    const row = this.requests.row[request]!;
    this.parts.budgets?.ended(this.table.tenant[row]!);
    this.parts.eviction?.ended(request);
    const flow = this.#disaggregation?.flow;
    const isPrefill = flow?.isPrefill(request) === true;
    if (isPrefill) flow?.prefillEnded(request, end);
    flow?.forget(request);
    if (isPrefill) return;
    if (end === 'completed' || end === 'length-capped') flow?.pairs?.answered(produced);
    this.parts.views?.ended(request, instance, end, atUs, this.#hooks.scorers);
    if (flow?.isDecode(request)) flow.noteEnd({ decode: request, end, produced });
    else this.#followUp(row, end, produced, atUs);
  }

  /** The next round of a session, if the end of a request brings one. */
  #followUp(row: Row, end: RequestEnd, produced: number, at: number): void {
    if (this.#followUpSource === null) return;
    const next = this.#followUpSource.next(this.table, row, end, produced, at) as Row;
    if (next < 0) return;
    this.parts.keys.cover();
    const added = this.requests.add(next);
    this.#requestOfFollowUp.set(next, added);
    this.#followUps.push(this.table.arrivalUs[next]!, 0, added);
  }

  #evict(): void {
    const victim = this.parts.eviction!.takeVictim();
    if (victim < 0) return;
    const instance = this.instances[this.requests.instance[victim]!]!;
    if (!instance.evict(victim, this.#clock)) return;
    this.#dispatch.left(instance.index, 1);
    this.#dispatch.changed(instance.index);
    const row = this.requests.row[victim]!;
    this.parts.budgets?.ended(this.table.tenant[row]!);
    this.parts.eviction!.evicted++;
    this.parts.admissions.shed(row);
  }
}
