import { EventQueue } from '../kernel/event-queue.ts';
import type { ArrivalSource } from './arrivals.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import type { Features } from './features.ts';
import { SlotNode } from './nodes.ts';
import { viewOf } from './nodes-view.ts';
import type { Dispatch, NodesView, RequestView, Scheduler } from './scheduler.ts';

/** Rank of same-time events: alphabetical by the published program's event names. */
const RANK = { arrival: 0, cloud: 1, edge: 2 } as const;
const LEAST_CLOUD_TIME = 0.001;

/** Times in seconds. */
export interface CompletedRequest {
  readonly id: number;
  readonly arrivedAt: number;
  readonly startedAt: number;
  readonly completedAt: number;
  readonly side: 'edge' | 'cloud';
  /** The request's own time on its node; in a batch it may be shorter than the stay. */
  readonly ownTime: number;
  readonly baseTime: number;
  readonly prediction: number | null;
}

export interface Decision {
  readonly time: number;
  /** After the decision. */
  readonly queueLength: number;
  readonly edgeBusy: number;
  readonly cloudBusy: number;
  /** Negated longest time among the work started now; 0 when nothing started. */
  readonly reward: number;
}

export interface RunRecord {
  readonly completed: readonly CompletedRequest[];
  readonly decisions: readonly Decision[];
  readonly clock: number;
  readonly arrived: number;
  /** Arrival times of the requests that did not finish. */
  readonly backlog: readonly number[];
}

interface SimulatedRequest extends RequestView {
  readonly baseTime: number;
  startedAt: number;
  ownTime: number;
  prediction: number | null;
  done: boolean;
}

interface Work {
  readonly requests: readonly SimulatedRequest[];
  readonly end: number;
}

export interface RunOptions {
  readonly duration: number;
  readonly recordDecisions: boolean;
}

/** Runs one scheduler over one arrival sequence. */
export function simulate(
  config: CloudEdgeConfig,
  arrivals: ArrivalSource,
  scheduler: Scheduler,
  options: RunOptions,
): RunRecord {
  return new CloudEdgeRun(config, arrivals, scheduler, options).run();
}

class CloudEdgeRun {
  readonly #config: CloudEdgeConfig;
  readonly #arrivals: ArrivalSource;
  readonly #scheduler: Scheduler;
  readonly #options: RunOptions;
  readonly #continuous: boolean;
  readonly #edge: SlotNode;
  readonly #cloud: SlotNode;
  readonly #view: NodesView;
  readonly #queue = new EventQueue();
  readonly #requests: SimulatedRequest[] = [];
  readonly #works: (Work | undefined)[] = [];
  readonly #completed: CompletedRequest[] = [];
  readonly #decisions: Decision[] = [];
  #upcoming: { readonly baseTime: number; readonly features: Features } | null = null;
  #clock = 0;

  constructor(config: CloudEdgeConfig, arrivals: ArrivalSource, scheduler: Scheduler, options: RunOptions) {
    this.#config = config;
    this.#arrivals = arrivals;
    this.#scheduler = scheduler;
    this.#options = options;
    this.#continuous = config.mode === 'continuous';
    const { edge_concurrency, edge_batch_capacity_k, cloud_concurrency } = config;
    this.#edge = new SlotNode(this.#continuous ? edge_concurrency * edge_batch_capacity_k : edge_concurrency);
    this.#cloud = new SlotNode(cloud_concurrency);
    this.#view = viewOf(config, this.#edge, this.#cloud, this.#continuous ? 'continuous' : 'batches');
  }

  run(): RunRecord {
    this.#scheduleArrival();
    while (this.#queue.length > 0) {
      const payload = this.#queue.pop();
      if (this.#queue.time > this.#options.duration) {
        this.#clock = this.#options.duration;
        break;
      }
      this.#clock = Math.max(this.#clock, this.#queue.time);
      if (this.#queue.rank === RANK.arrival) this.#arrive();
      else this.#complete(payload, this.#queue.rank === RANK.edge ? 'edge' : 'cloud');
      this.#decide();
    }
    return {
      completed: this.#completed,
      decisions: this.#decisions,
      clock: this.#clock,
      arrived: this.#requests.length,
      backlog: this.#requests.filter(({ done }) => !done).map(({ arrivedAt }) => arrivedAt),
    };
  }

  #scheduleArrival(): void {
    const next = this.#arrivals.next();
    this.#upcoming = next;
    if (next !== null) this.#queue.push(next.time, RANK.arrival, 0);
  }

  #arrive(): void {
    const { baseTime, features } = this.#upcoming!;
    const request: SimulatedRequest = {
      id: this.#requests.length,
      arrivedAt: this.#clock,
      features,
      baseTime,
      startedAt: Number.NaN,
      ownTime: Number.NaN,
      prediction: null,
      done: false,
    };
    this.#requests.push(request);
    this.#scheduler.add(request, this.#clock, this.#view);
    this.#scheduleArrival();
  }

  #complete(index: number, side: 'edge' | 'cloud'): void {
    const { requests, end } = this.#works[index]!;
    this.#works[index] = undefined;
    const onEdge = side === 'edge';
    const node = onEdge ? this.#edge : this.#cloud;
    node.release(end);
    const first = requests[0]!;
    const duration = end - first.startedAt;
    node.history.push(
      onEdge || this.#config.legacy.includes('cloud_average') ? duration : duration - this.#config.network_rtt,
    );
    for (const request of requests) this.#record(request, side);
    this.#scheduler.feedback(
      onEdge
        ? { kind: 'edge', requests, times: requests.map(({ ownTime }) => ownTime) }
        : { kind: 'cloud', request: first, time: first.ownTime },
    );
  }

  #record(request: SimulatedRequest, side: 'edge' | 'cloud'): void {
    const { id, arrivedAt, startedAt, ownTime, baseTime, prediction } = request;
    request.done = true;
    this.#completed.push({ id, arrivedAt, startedAt, completedAt: this.#clock, side, ownTime, baseTime, prediction });
  }

  #decide(): void {
    const dispatches = this.#scheduler.schedule(this.#clock, this.#view);
    let longest = 0;
    for (const dispatch of dispatches) longest = Math.max(longest, this.#start(dispatch));
    if (!this.#options.recordDecisions) return;
    this.#decisions.push({
      time: this.#clock,
      queueLength: this.#scheduler.queueLength,
      edgeBusy: this.#edge.busy,
      cloudBusy: this.#cloud.busy,
      reward: longest === 0 ? 0 : -longest,
    });
  }

  /** Answers the longest own time among the started requests. */
  #start(dispatch: Dispatch): number {
    if (dispatch.kind === 'edge') {
      const members = dispatch.requests.map(({ id }) => this.#requests[id]!);
      members.forEach((member, i) => {
        member.prediction = dispatch.predictions?.[i] ?? null;
      });
      return this.#continuous ? this.#startJoining(members) : this.#startBatch(members);
    }
    const request = this.#requests[dispatch.request.id]!;
    const { network_rtt, cloud_time_multiplier } = this.#config;
    request.prediction = dispatch.prediction;
    request.ownTime = Math.max(LEAST_CLOUD_TIME, request.baseTime * cloud_time_multiplier) + network_rtt;
    this.#occupy(this.#cloud, [request], request.ownTime, RANK.cloud);
    return request.ownTime;
  }

  #startBatch(members: readonly SimulatedRequest[]): number {
    const capacity = this.#config.edge_batch_capacity_k;
    if (members.length === 0 || members.length > capacity) {
      throw new RangeError(`an edge batch holds 1 to ${capacity} requests, got ${members.length}`);
    }
    let longest = 0;
    for (const member of members) {
      member.ownTime = member.baseTime;
      longest = Math.max(longest, member.baseTime);
    }
    this.#occupy(this.#edge, members, longest, RANK.edge);
    return longest;
  }

  #startJoining(members: readonly SimulatedRequest[]): number {
    let longest = 0;
    for (const member of members) {
      member.ownTime = member.baseTime * (1 + this.#config.edge_slowdown * this.#edge.busy);
      longest = Math.max(longest, member.ownTime);
      this.#occupy(this.#edge, [member], member.ownTime, RANK.edge);
    }
    return longest;
  }

  #occupy(node: SlotNode, requests: readonly SimulatedRequest[], seconds: number, rank: number): void {
    const end = this.#clock + seconds;
    for (const request of requests) {
      if (!Number.isNaN(request.startedAt)) throw new RangeError(`request ${request.id} started twice`);
      request.startedAt = this.#clock;
    }
    node.occupy(end);
    this.#works.push({ requests, end });
    this.#queue.push(end, rank, this.#works.length - 1);
  }
}
