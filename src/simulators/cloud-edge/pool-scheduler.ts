import { byKey, type Candidate, KeyedQueue } from './keyed-queue.ts';
import type { Completion, Dispatch, RequestView, Scheduler } from './scheduler.ts';

/** A learner that orders requests. Keys are compared only with each other: smaller runs sooner. */
export interface OrderingModel {
  /** Key on arrival. */
  arrivalKey(request: RequestView): number;
  /** Key of a pool member when a decision is due; `stored` is its present key. */
  refreshedKey(request: RequestView, stored: number): number;
  /** Key that ranks what the edge left over. */
  cloudKey(request: RequestView, stored: number): number;
  /** The edge batch out of a pool in key order. */
  pickBatch?<T>(pool: readonly T[], size: number): readonly T[];
  edgeBatchStarted?(requests: readonly RequestView[]): void;
  /** Predicted time in seconds for the log; null where the key is no time. */
  prediction(request: RequestView, stored: number): number | null;
  learn(completion: Completion): void;
}

/**
 * Orders the queue by a model. Each decision looks at the ⌊poolFactor · edge capacity⌋ smallest stored keys, renews them,
 * gives the edge its batch and the cloud the next ones. When neither side has room there is no decision, and keys stay.
 */
export function poolScheduler(model: OrderingModel, poolFactor: number): Scheduler {
  const queue = new KeyedQueue();
  return {
    get queueLength() {
      return queue.length;
    },
    add: (request) => queue.push({ request, key: model.arrivalKey(request) }),
    schedule(_now, nodes) {
      if (queue.length === 0 || (nodes.edgeRoom === 0 && nodes.cloudFree === 0)) return [];
      const pool = queue.take(Math.floor(poolFactor * nodes.edgeCapacity + 1e-9));
      for (const member of pool) member.key = model.refreshedKey(member.request, member.key);
      pool.sort(byKey);
      const dispatches: Dispatch[] = [];
      const batch = nodes.edgeRoom > 0 ? pick(model, pool, nodes.edgeRoom) : [];
      if (batch.length > 0) dispatches.push(edgeDispatch(model, batch));
      const rest = batch.length === 0 ? pool : pool.filter((member) => !batch.includes(member));
      const chosen = cloudOrder(model, rest).slice(0, nodes.cloudFree);
      for (const { request, key } of chosen) {
        dispatches.push({ kind: 'cloud', request, prediction: model.prediction(request, key) });
      }
      for (const member of rest) if (!chosen.includes(member)) queue.push(member);
      return dispatches;
    },
    feedback: (completion) => model.learn(completion),
  };
}

function pick(model: OrderingModel, pool: readonly Candidate[], size: number): readonly Candidate[] {
  return model.pickBatch === undefined ? pool.slice(0, size) : model.pickBatch(pool, size);
}

function edgeDispatch(model: OrderingModel, batch: readonly Candidate[]): Dispatch {
  const requests = batch.map(({ request }) => request);
  const predictions = batch.map(({ request, key }) => model.prediction(request, key));
  model.edgeBatchStarted?.(requests);
  return {
    kind: 'edge',
    requests,
    predictions: predictions.includes(null) ? null : (predictions as number[]),
  };
}

function cloudOrder(model: OrderingModel, rest: readonly Candidate[]): readonly Candidate[] {
  const ranked = rest.map((member) => ({
    request: member.request,
    key: model.cloudKey(member.request, member.key),
    member,
  }));
  return ranked.sort(byKey).map(({ member }) => member);
}
