import type { RequestsView } from '../column-owners.ts';
import type { BlockKeys } from './block-keys.ts';
import type { GpuBlocks } from './gpu-blocks.ts';
import type { KeyMap } from './key-map.ts';
import type { OwnedBlocks } from './owned-blocks.ts';

/** What a KV tier works with. */
export interface TierParts {
  readonly gpu: GpuBlocks;
  readonly keys: BlockKeys;
  readonly owned: OwnedBlocks;
  readonly requests: RequestsView;
  /** A fresh column by block key. */
  readonly index: KeyMap;
  /** Whether content outside shared prefixes occurs on one instance only, for one request. */
  readonly oneHome: boolean;
}
