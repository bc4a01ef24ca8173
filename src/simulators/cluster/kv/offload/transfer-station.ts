import type { GoRandom } from '../../../workload/go-random.ts';
import type { OffloadConfig } from '../../engine-config.ts';

type TierConfig = OffloadConfig['tiers'][number];

/** A transfer between CPU memory and one storage tier. */
export interface TransferJob {
  readonly tier: number;
  readonly direction: 'read' | 'write';
  readonly bytes: number;
  readonly keys: readonly number[];
  readonly submittedAtUs: number;
  readonly id: number;
  /** Factor on the service time. */
  readonly jitter: number;
  endsAtUs: number;
  /** Kind of server that works on it. */
  server: 'read' | 'write';
}

interface TierState {
  readonly config: TierConfig;
  readonly baseUs: number;
  readonly waiting: { readonly read: TransferJob[]; readonly write: TransferJob[] };
  readonly idle: { read: number; write: number };
}

/**
 * Servers of the storage tiers: per tier some that prefer reads and some that prefer writes, each takes the other
 * direction when its own has nothing to do. Bandwidth may ramp up with the number of transfers in service.
 */
export class TransferStation {
  readonly #tiers: readonly TierState[];
  readonly #random: GoRandom;
  /** Jobs in service. */
  readonly #active: TransferJob[] = [];
  #finished: TransferJob[] = [];
  #jobs = 0;

  constructor(tiers: OffloadConfig['tiers'], random: GoRandom) {
    this.#random = random;
    this.#tiers = tiers.map((config) => ({
      config,
      baseUs: roundHalfAway(config.baseLatency),
      waiting: { read: [], write: [] },
      idle: { read: config.readThreads, write: config.writeThreads },
    }));
  }

  submit(tier: number, direction: 'read' | 'write', bytes: number, keys: readonly number[], atUs: number): void {
    this.#advance(atUs);
    const state = this.#tiers[tier]!;
    const { jitterSigma } = state.config;
    const jitter = jitterSigma > 0 ? Math.max(0.05, 1 + jitterSigma * this.#random.normal()) : 1;
    const id = this.#jobs++;
    state.waiting[direction].push({
      tier,
      direction,
      bytes,
      keys,
      submittedAtUs: atUs,
      id,
      jitter,
      endsAtUs: 0,
      server: 'read',
    });
    for (const server of ['read', 'write'] as const) {
      while (state.idle[server] > 0 && this.#startNext(state, server, atUs)) state.idle[server]--;
    }
  }

  /** Transfers that ended up to a moment and were not answered before, in order of their ends. */
  poll(atUs: number): readonly TransferJob[] {
    this.#advance(atUs);
    const finished = this.#finished;
    if (finished.length > 0) this.#finished = [];
    return finished;
  }

  /** End of the next transfer; Infinity = none is under way. */
  nextEndUs(): number {
    if (this.#finished.length > 0) return Number.NEGATIVE_INFINITY;
    return this.#active.reduce((first, job) => Math.min(first, job.endsAtUs), Number.POSITIVE_INFINITY);
  }

  #advance(atUs: number): void {
    for (;;) {
      let first = -1;
      for (let i = 0; i < this.#active.length; i++) {
        const job = this.#active[i]!;
        if (job.endsAtUs <= atUs && (first < 0 || endsBefore(job, this.#active[first]!))) first = i;
      }
      if (first < 0) return;
      const job = this.#active.splice(first, 1)[0]!;
      this.#finished.push(job);
      const state = this.#tiers[job.tier]!;
      if (!this.#startNext(state, job.server, job.endsAtUs)) state.idle[job.server]++;
    }
  }

  /** Gives a free server its next job. */
  #startNext(state: TierState, server: 'read' | 'write', atUs: number): boolean {
    const { read, write } = state.waiting;
    const job = server === 'read' ? (read.shift() ?? write.shift()) : (write.shift() ?? read.shift());
    if (job === undefined) return false;
    job.server = server;
    this.#active.push(job);
    job.endsAtUs = atUs + this.#serviceUs(state, job);
    return true;
  }

  #serviceUs({ config, baseUs }: TierState, job: TransferJob): number {
    const depth = config.saturationQueueDepth;
    const fraction = config.rampFraction;
    let bandwidth = job.direction === 'read' ? config.readBandwidth : config.writeBandwidth;
    if (depth >= 2 && fraction > 0 && fraction < 1) {
      const active = this.#active.filter((one) => one.tier === job.tier && one.direction === job.direction).length;
      if (active < depth) bandwidth *= fraction + ((1 - fraction) * (active - 1)) / (depth - 1);
    }
    const us = baseUs + Math.trunc(job.bytes / bandwidth);
    return job.jitter === 1 ? us : Math.round(us * job.jitter);
  }
}

function endsBefore(a: TransferJob, b: TransferJob): boolean {
  if (a.endsAtUs !== b.endsAtUs) return a.endsAtUs < b.endsAtUs;
  if (a.submittedAtUs !== b.submittedAtUs) return a.submittedAtUs < b.submittedAtUs;
  if (a.tier !== b.tier) return a.tier < b.tier;
  if (a.direction !== b.direction) return a.direction === 'read';
  return a.id < b.id;
}

function roundHalfAway(x: number): number {
  return Math.sign(x) * Math.round(Math.abs(x));
}
