import type { RequestsOf } from '../../column-owners.ts';
import type { RequestIndex } from '../../indices.ts';
import type { BlockKeys } from '../block-keys.ts';

/** Running requests whose walked blocks begin with a whole shared prefix: together they are one owner of its keys. */
interface Joint {
  holders: number;
  /** Number of the mirror before the last of them left, and the latest admission among those that left since. */
  leftIn: number;
  admission: number;
}

/** Shared prefixes that running requests hold jointly: only the first that comes and the last that leaves count. */
export class JointPrefixes {
  readonly #keys: BlockKeys;
  readonly #requests: RequestsOf<'kv/mirror/joint-prefixes.ts'>;
  /** By shared prefix. */
  readonly #joint: readonly Joint[];

  constructor(keys: BlockKeys, requests: RequestsOf<'kv/mirror/joint-prefixes.ts'>) {
    this.#keys = keys;
    this.#requests = requests;
    this.#joint = Array.from({ length: keys.groups }, () => ({ holders: 0, leftIn: -1, admission: 0 }));
  }

  holds(request: RequestIndex): boolean {
    return this.#requests.mirrorJoint[request] === 1;
  }

  /** A request that was not walked yet begins to hold its prefix, unless it cannot. */
  join(request: RequestIndex): 'first' | 'another' | 'apart' {
    const q = this.#requests;
    if (q.walked[request]! > 0 || q.aligned[request] === 0) return 'apart';
    const group = this.#keys.wholeGroup(q.row[request]!);
    if (group < 0) return 'apart';
    q.mirrorJoint[request] = 1;
    return this.#joint[group]!.holders++ === 0 ? 'first' : 'another';
  }

  /**
   * A holder leaves the batch. @param mirrors - number of mirrors so far
   * @returns if it was the last one: the latest admission among the holders that left since the last mirror; else 0
   */
  leave(request: RequestIndex, mirrors: number): number {
    const q = this.#requests;
    const joint = this.#of(request);
    const admission = q.admission[request]!;
    joint.admission = joint.leftIn === mirrors ? Math.max(joint.admission, admission) : admission;
    joint.leftIn = mirrors;
    q.mirrorJoint[request] = 0;
    return --joint.holders === 0 ? joint.admission : 0;
  }

  /** The latest admission of an owner of a holder's prefix since the last mirror. */
  lastAdmission(request: RequestIndex, mirrors: number): number {
    const own = this.#requests.admission[request]!;
    const joint = this.#of(request);
    return joint.leftIn === mirrors ? Math.max(own, joint.admission) : own;
  }

  /** Nobody of the batch holds anything jointly any more. */
  dissolve(batch: Int32Array, size: number): void {
    for (let b = 0; b < size; b++) this.#requests.mirrorJoint[batch[b]! as RequestIndex] = 0;
    for (const joint of this.#joint) joint.holders = 0;
  }

  #of(request: RequestIndex): Joint {
    return this.#joint[this.#keys.wholeGroup(this.#requests.row[request]!)]!;
  }
}
