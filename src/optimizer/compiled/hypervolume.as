// Tails of one normal belief at the cuts of boxes; see src/optimizer/acquisition/hypervolume-gain.ts.

import { at, pair, setPair } from './algebra';
import { tails } from './normal';

@unmanaged
class Cuts {
  count: i32;
  cuts: usize;
  /** By cut: σ h(z), Φ(z), φ(z). */
  gains: usize;
  cdfs: usize;
  densities: usize;
  mean: f64;
  deviation: f64;
}

export function cutsSize(count: i32): usize {
  return layoutCuts(0, count);
}

/** Lays cuts out from `base` on; without one, only counts. @returns the first address behind them */
export function layoutCuts(base: usize, count: i32): usize {
  const room = (count + 3) & ~3;
  const cuts = (base + offsetof<Cuts>() + 15) & ~15;
  const end = at(cuts, 4 * room);
  if (base === 0) return end;
  const record = changetype<Cuts>(base);
  record.count = count;
  record.cuts = cuts;
  record.gains = at(cuts, room);
  record.cdfs = at(cuts, 2 * room);
  record.densities = at(cuts, 3 * room);
  memory.fill(cuts, 0, end - cuts);
  return end;
}

/** Writes the tails of the belief that stands in the record. @returns its mean */
export function cutTails(record: Cuts): f64 {
  const count = record.count;
  const gains = record.gains;
  const deviation = record.deviation;
  tails(record.cuts, changetype<usize>(record) + offsetof<Cuts>('mean'), true, deviation, count, gains, record.cdfs, record.densities);
  for (let e = 0; e < count; e += 2) setPair(gains, e, f64x2.mul(f64x2.splat(deviation), pair(gains, e)));
  return record.mean;
}
