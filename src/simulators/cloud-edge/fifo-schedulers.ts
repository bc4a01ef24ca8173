import type { Rng } from '../../base/random.ts';
import type { Dispatch, NodesView, RequestView, Scheduler } from './scheduler.ts';

/** First-come queue with removal from the front and by index. */
class FifoQueue {
  #items: RequestView[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(request: RequestView): void {
    this.#items.push(request);
  }

  take(count: number): RequestView[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Removes `count` requests drawn without replacement. */
  sample(count: number, rng: Rng): RequestView[] {
    const taken: RequestView[] = [];
    while (taken.length < count && this.length > 0) {
      const index = this.#head + rng.below(this.length);
      taken.push(...this.#items.splice(index, 1));
    }
    return taken;
  }
}

function toEdge(requests: readonly RequestView[]): Dispatch {
  return { kind: 'edge', requests, predictions: null };
}

function toCloud(request: RequestView): Dispatch {
  return { kind: 'cloud', request, prediction: null };
}

function fifoScheduler(decide: (queue: FifoQueue, nodes: NodesView) => readonly Dispatch[]): Scheduler {
  const queue = new FifoQueue();
  return {
    get queueLength() {
      return queue.length;
    },
    add: (request) => queue.push(request),
    schedule: (_now, nodes) => (queue.length === 0 ? [] : decide(queue, nodes)),
    feedback: () => {},
  };
}

/** Edge first, without waiting for a full batch; then the cloud while slots are free. */
export function firstComeFirstServed(): Scheduler {
  return fifoScheduler((queue, nodes) => {
    const edge = nodes.edgeRoom > 0 ? [toEdge(queue.take(nodes.edgeRoom))] : [];
    return [...edge, ...queue.take(nodes.cloudFree).map(toCloud)];
  });
}

/** A fair coin picks the side; a full side yields to the other. One action per call. */
export function randomOffload(coins: Rng): Scheduler {
  return fifoScheduler((queue, nodes) => {
    const heads = coins.uniform() < 0.5;
    const edge = nodes.edgeRoom > 0;
    const cloud = nodes.cloudFree > 0;
    if (edge && (heads || !cloud)) return [toEdge(queue.sample(nodes.edgeRoom, coins))];
    return cloud ? queue.sample(1, coins).map(toCloud) : [];
  });
}

/** Edge and cloud in turn, starting with the edge; a full side yields to the other. One action per call. */
export function roundRobinOffload(): Scheduler {
  let edgeIsNext = true;
  return fifoScheduler((queue, nodes) => {
    const edge = nodes.edgeRoom > 0;
    const cloud = nodes.cloudFree > 0;
    if (!edge && !cloud) return [];
    const goesToEdge = edge && (edgeIsNext || !cloud);
    edgeIsNext = !goesToEdge;
    return goesToEdge ? [toEdge(queue.take(nodes.edgeRoom))] : queue.take(1).map(toCloud);
  });
}

/** The side with fewer active connections; a tie goes to the edge. */
export function leastConnections(): Scheduler {
  return fifoScheduler((queue, nodes) => {
    const dispatches: Dispatch[] = [];
    let { edgeBusy, edgeFree, cloudBusy, cloudFree } = nodes;
    if (edgeFree > 0 && (cloudFree === 0 || edgeBusy <= cloudBusy)) {
      const batch = queue.take(nodes.edgeRoom);
      const slots = nodes.edgeSlotsFor(batch.length);
      dispatches.push(toEdge(batch));
      edgeBusy += slots;
      edgeFree -= slots;
    }
    while (cloudFree > 0 && queue.length > 0 && (edgeFree === 0 || cloudBusy < edgeBusy)) {
      dispatches.push(...queue.take(1).map(toCloud));
      cloudBusy++;
      cloudFree--;
    }
    return dispatches;
  });
}
