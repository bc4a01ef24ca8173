import { InputError } from '../../base/errors.ts';
import type { CongestionModel, LinkSpec, NetworkSpec } from './scenario.ts';
import type { LinkMode } from './settings.ts';

const BYTES_PER_GIGABIT = 1e9 / 8;
const PREFETCH_OVERLAP = 0.3;
/** Score of a move where the scenario has no network at all, in ms. */
const NO_NETWORK_MS = 1e6;

/** One direction between two nodes as a transfer sees it. */
export interface Path {
  readonly bandwidthGbps: number;
  readonly rttMs: number;
  readonly setupMs: number;
  readonly lossRate: number;
  readonly congestion: CongestionModel;
  /** Utilisation by other traffic, in [0, 0.99]. */
  readonly util: number;
}

const DEFAULT_LINK = { bandwidthGbps: 1, rttMs: 20, setupMs: 0, lossRate: 0, congestion: 'util_linear' } as const;

/**
 * Link and utilisation for a → b. Without an explicit link, relaxed mode takes the reversed one, then a link of
 * 1 Gbit/s and 20 ms; strict modes have no path.
 */
export function findPath(network: NetworkSpec, from: string, to: string, mode: LinkMode): Path | null {
  const between = (src: string, dst: string): LinkSpec | undefined =>
    network.links.find((candidate) => candidate.src === src && candidate.dst === dst);
  const link = between(from, to) ?? (mode === 'relaxed' ? (between(to, from) ?? DEFAULT_LINK) : undefined);
  if (link === undefined) return null;
  const { bandwidthGbps, rttMs, setupMs, lossRate, congestion } = link;
  const util = network.utilByPair.get(`${from}->${to}`) ?? network.defaultUtil;
  return { bandwidthGbps, rttMs, setupMs, lossRate, congestion, util };
}

/** Time to move `bytes`, in ms, with nothing hidden. @param otherFlow - further traffic on the link, byte/s */
export function rawTransferMs(path: Path, bytes: number, otherFlow = 0): number {
  if (bytes <= 0) return 0;
  const capacity = path.bandwidthGbps * BYTES_PER_GIGABIT;
  const serialization = (bytes / Math.max(1, capacity * (1 - path.util))) * 1000;
  const occupied = Math.min(0.999, path.util + otherFlow / capacity);
  const queueing = path.congestion === 'none' ? 0 : (path.rttMs * occupied) / Math.max(1e-6, 1 - occupied);
  const raw = path.setupMs + serialization + queueing + path.rttMs;
  return path.lossRate > 0 ? raw / Math.max(1e-6, 1 - path.lossRate) : raw;
}

export interface Overlap {
  /** Computation that can run meanwhile, in ms. */
  readonly computeMs: number;
  readonly overlapRatio: number;
  readonly prefetch: boolean;
  /** Null is no limit. */
  readonly maxHideMs: number | null;
}

/** What is left of a transfer after the part that computation hides, in ms. */
export function visibleTransferMs(rawMs: number, overlap: Overlap): number {
  const ratio = Math.min(1, overlap.overlapRatio + (overlap.prefetch ? PREFETCH_OVERLAP : 0));
  const hidden = Math.min(rawMs, overlap.computeMs) * ratio;
  return Math.max(0, rawMs - (overlap.maxHideMs === null ? hidden : Math.min(hidden, overlap.maxHideMs)));
}

/** All pairs of a cluster, looked up once. */
export class TransferTable {
  readonly #ids: readonly string[];
  readonly #paths: readonly (readonly (Path | null)[])[] | null;

  constructor(network: NetworkSpec | null, ids: readonly string[], mode: LinkMode) {
    this.#ids = ids;
    this.#paths =
      network === null
        ? null
        : ids.map((from) => ids.map((to) => (from === to ? null : findPath(network, from, to, mode))));
  }

  reachable(from: number, to: number): boolean {
    return from === to || this.#paths === null || this.#paths[from]![to] !== null;
  }

  /** @throws InputError when no link leads from → to */
  rawMs(from: number, to: number, bytes: number): number {
    if (from === to) return 0;
    if (this.#paths === null) return NO_NETWORK_MS;
    const path = this.#paths[from]![to]!;
    if (path === null) {
      throw new InputError(`No link found for ${this.#ids[from]} -> ${this.#ids[to]} (strict mode)`, {
        path: ['network', 'links'],
        suggestion: 'add the link, or drop the strict mode',
      });
    }
    return rawTransferMs(path, bytes);
  }
}
