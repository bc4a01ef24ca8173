import { effectiveLoad } from '../gateway/admission.ts';
import type { RequestIndex, Slot } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import type { EngineHooks } from '../policy/policy.ts';
import type { Router } from './routers.ts';
import type { Snapshots } from './snapshots.ts';

export interface DecisionRecordParts {
  readonly snapshots: Snapshots;
  readonly record: EngineHooks['record'];
  readonly idOf: (request: RequestIndex) => string;
  /** Whether choices without scores are compared with the idlest instance. */
  readonly regret: 'counted' | 'ignored';
}

/** What is noted of decisions: totals for the result, and a record of each for whoever listens. */
export class DecisionRecords {
  /** Routing decisions by instance, and their regret; those of disaggregated requests do not count. */
  readonly targets: Float64Array;
  regretSum = 0;
  regretMax = 0;
  /** Whether anybody listens to single decisions. */
  readonly areKept: boolean;
  readonly #parts: DecisionRecordParts;

  constructor(instances: number, parts: DecisionRecordParts) {
    this.targets = new Float64Array(instances);
    this.areKept = parts.record !== undefined;
    this.#parts = parts;
  }

  /** A router sent a request to an instance that serves all of it. */
  count(router: Router, chosen: number): void {
    this.targets[chosen] = this.targets[chosen]! + 1;
    if (this.#parts.regret === 'counted' && router.scores === null) this.#regret(chosen);
  }

  admission(request: RequestIndex, verdict: 'admitted' | 'rejected', atUs: number): void {
    const { record, idOf } = this.#parts;
    record?.({ kind: 'admission', atUs, request: idOf(request), admitted: verdict === 'admitted' });
  }

  /** @param scores - of the router that chose, by instance; null = it has none */
  routing(scores: Float64Array | null, request: RequestIndex, chosen: number, atUs: number): void {
    const { record, idOf, snapshots: view } = this.#parts;
    const members = [...view.members.subarray(0, view.count)];
    record?.({
      kind: 'routing',
      atUs,
      request: idOf(request),
      instance: chosen,
      scores: scores === null ? null : members.map((i) => scores[i]!),
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

  /** @param request - −1 = the gateway held everything back */
  dispatch(request: RequestIndex, saturation: number, waiting: number, atUs: number): void {
    const { record, idOf } = this.#parts;
    record?.({ kind: 'dispatch', atUs, request: request < 0 ? null : idOf(request), saturation, waiting });
  }

  step(instance: Instance, atUs: number, durationUs: number): void {
    const { batch, gpu } = instance;
    const { record, idOf } = this.#parts;
    record?.({
      kind: 'step',
      atUs,
      durationUs,
      instance: instance.index,
      queueDepth: instance.queue.length,
      batch: Array.from({ length: batch.size }, (_, slot) => ({
        request: idOf(batch.request[slot as Slot]!),
        progress: batch.progress(slot as Slot),
      })),
      usedBlocks: gpu.used,
      hits: gpu.hits,
      misses: gpu.misses,
    });
  }

  /** How much better the best instance looked than the chosen one, by effective load. */
  #regret(chosen: number): void {
    const view = this.#parts.snapshots;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < view.count; k++) least = Math.min(least, effectiveLoad(view, view.members[k]!));
    const regret = effectiveLoad(view, chosen) - least;
    this.regretSum += regret;
    this.regretMax = Math.max(this.regretMax, regret);
  }
}
