import type { Observations } from './observations.ts';
import type { Latencies } from './schedule.ts';

/** Measured and simulated latencies of the same rows, ms. */
export interface LatencyCheck {
  readonly metric: string;
  readonly points: readonly { readonly metric: string; readonly measured: number; readonly simulated: number }[];
}

const METRICS = ['TTFT', 'ITL', 'E2E'] as const;

/** Of the requests that were held out; of all where none was. */
export function latencyChecks(observed: Observations, simulated: Latencies): readonly LatencyCheck[] {
  const { fitted, ttftUs, decodeUs, output } = observed;
  const known = Array.from(ttftUs.keys()).filter((i) => ttftUs[i]! > 0 && simulated.ttftUs[i]! > 0);
  const heldOut = known.filter((i) => fitted[i] === 0);
  const places = heldOut.length > 0 ? heldOut : known;
  const decoding = places.filter((i) => decodeUs[i]! > 0 && Number.isFinite(simulated.decodeUs[i]!));
  return METRICS.flatMap((metric): LatencyCheck[] => {
    const own = metric === 'TTFT' ? places : decoding;
    const us = (ttft: Float64Array, decode: Float64Array, i: number): number =>
      metric === 'TTFT' ? ttft[i]! : metric === 'ITL' ? decode[i]! / (output[i]! - 1) : ttft[i]! + decode[i]!;
    const points = own.map((i) => ({
      metric,
      measured: us(ttftUs, decodeUs, i) / 1000,
      simulated: us(simulated.ttftUs, simulated.decodeUs, i) / 1000,
    }));
    return points.length === 0 ? [] : [{ metric, points }];
  });
}

/** Of timed rows, µs in. */
export function stepChecks(
  checked: Readonly<Record<string, { readonly real: readonly number[]; readonly sim: readonly number[] }>>,
): readonly LatencyCheck[] {
  return Object.entries(checked).map(([metric, { real, sim }]) => ({
    metric,
    points: real.map((us, i) => ({ metric, measured: us / 1000, simulated: sim[i]! / 1000 })),
  }));
}
