/** Time and cause of one operation under the roofline bound. */
export interface RooflineTime {
  readonly seconds: number;
  readonly bound: 'compute' | 'memory';
  /** FLOP per byte. */
  readonly intensity: number;
}

/**
 * Roofline model: an operation takes the longer of its arithmetic and its memory traffic.
 * @param flopRate - achievable FLOP/s
 * @param byteRate - achievable bytes/s
 * @see Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model"
 */
export function rooflineTime(flops: number, bytes: number, flopRate: number, byteRate: number): RooflineTime {
  const compute = flops / flopRate;
  const memory = bytes / byteRate;
  return {
    seconds: Math.max(compute, memory),
    bound: compute >= memory ? 'compute' : 'memory',
    intensity: bytes === 0 ? Number.POSITIVE_INFINITY : flops / bytes,
  };
}
