import type { Interval, PairedChange } from '../../numeric/statistics.ts';
import type { PdSloMapCell } from '../../report/chart/pd-slo-map.ts';

/** Time factor of the last pod of either role. */
export const SLOW_POD = 1.5;

/** Joint strategies that the page compares with independent choice. */
export const JOINT_STRATEGIES = ['weighted random', 'best headroom'] as const;

/** One figure of a joint strategy against independent choice: means over seeds, and the change paired by seed. */
export interface PairedFigure {
  readonly joint: number;
  readonly independent: number;
  /** Of attainment, which may be 0, always the difference; of times the relative change. */
  readonly change: PairedChange;
}

export interface MapPoint {
  readonly strategy: (typeof JOINT_STRATEGIES)[number];
  readonly load: number;
  readonly prefill: number;
  readonly decode: number;
  /** Requests/s. */
  readonly rate: number;
  readonly tighterStage: 'prefill' | 'decode';
  readonly attainment: PairedFigure;
  readonly ttftP99Ms: PairedFigure;
  readonly tpotP99Ms: PairedFigure;
  readonly verdict: PdSloMapCell['verdict'];
}

/** @param gain - interval of what joint choice gains */
export function verdictOf({ low, high }: Interval): MapPoint['verdict'] {
  if (low !== null && low > 0) return 'joint better';
  return high !== null && high < 0 ? 'independent better' : 'no clear difference';
}
