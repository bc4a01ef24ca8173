import type { PdSloMapCell } from '../../report/chart/pd-slo-map.ts';

/** Time factor of the last pod of either role. */
export const SLOW_POD = 1.5;

/** Joint strategies that the page compares with independent choice. */
export const JOINT_STRATEGIES = ['weighted random', 'best headroom'] as const;

/** One figure of a joint strategy against independent choice, paired by seed. */
export interface PairedFigure {
  readonly joint: number;
  readonly independent: number;
  /** Joint − independent: mean and 95 % Student-t interval. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
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
