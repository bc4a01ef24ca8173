import type { RequestsView } from '../../column-owners.ts';
import type { RequestIndex } from '../../indices.ts';
import { type BlockKeys, NO_KEY } from '../block-keys.ts';
import type { GpuBlocks } from '../gpu-blocks.ts';
import { WORDS } from '../lru-nodes.ts';
import type { JointPrefixes } from './joint-prefixes.ts';
import { byPlace, HOT, type MirrorList, notePlace, WALKED_IN } from './mirror-list.ts';
import type { ReloadTouches } from './reload-touches.ts';

export interface WalkParts {
  readonly list: MirrorList;
  readonly gpu: GpuBlocks;
  readonly keys: BlockKeys;
  readonly requests: RequestsView;
  readonly joint: JointPrefixes;
  readonly touches: ReloadTouches;
}

/**
 * The rule as it is written: every step walks all blocks of the batch, and all keys are singles in the list. And the ways there
 * from lazy keeping, and back.
 */
export class LiteralWalk {
  readonly #parts: WalkParts;

  constructor(parts: WalkParts) {
    this.#parts = parts;
  }

  /**
   * Puts every key into the list, as a literal walk at the last mirror and the touches since would have left it. Keys
   * of the batch must be singles.
   * @param leavers - singles that lost their last owner since
   */
  rebuild(batch: Int32Array, size: number, leavers: readonly number[], mirrors: number): void {
    const { list, gpu, keys, joint, requests: q, touches } = this.#parts;
    const singles = leavers.slice();
    const { words } = list;
    for (let b = 0; b < size; b++) {
      const request = batch[b]! as RequestIndex;
      const prefix = joint.holds(request) ? keys.firstOwn(q.row[request]!) : 0;
      const own = q.admission[request]!;
      const jointly = prefix > 0 ? joint.lastAdmission(request, mirrors) : own;
      for (let i = 0; i < q.walked[request]!; i++) {
        const key = gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        const single = list.known(key);
        notePlace(words, WORDS * single, mirrors, i < prefix ? jointly : own, i);
        if (words[WORDS * single + HOT]! > 0) {
          singles.push(single);
          words[WORDS * single + HOT] = 0;
        }
      }
    }
    singles.sort((a, b) => byPlace(words, a, b));
    for (const single of singles) if (!touches.has(single)) list.append(single);
    touches.appendTo(list);
  }

  /** The batch, in order, touches all its blocks. @returns the number of different keys */
  walk(batch: Int32Array, size: number, mirror: number): number {
    const { list, gpu, requests: q, touches } = this.#parts;
    let distinct = 0;
    for (let b = 0; b < size; b++) {
      const request = batch[b]! as RequestIndex;
      const count = q.ownedCount[request]!;
      list.markSingles(request);
      for (let i = 0; i < count; i++) {
        const key = gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        let single = list.find(key);
        if (single === 0) {
          single = list.insert(key);
          touches.forget(single);
        } else list.unlink(single);
        list.append(single);
        if (list.words[WORDS * single + WALKED_IN] !== mirror) {
          list.words[WORDS * single + WALKED_IN] = mirror;
          distinct++;
        }
      }
    }
    return distinct;
  }

  /** Takes the keys of the batch out of the list and counts their owners. */
  recount(batch: Int32Array, size: number): void {
    const { list, gpu } = this.#parts;
    for (let b = 0; b < size; b++) {
      const request = batch[b]! as RequestIndex;
      const count = gpu.runs.settled(request);
      for (let i = 0; i < count; i++) {
        const key = gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        const single = list.known(key);
        if (list.words[WORDS * single + HOT]!++ === 0) list.unlink(single);
      }
    }
  }
}
