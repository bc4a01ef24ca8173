import type { Metrics } from './trial.ts';

/** Metric by which the halves of a measure window are compared; over several workloads `…@name`. */
const DRIFT = 'ttft_p99_drift';
/** Change between halves above which figures say more about the length of the run than about its load. */
const LARGEST_DRIFT = 1.3;

/** A sentence for every workload whose TTFT changes within the measure window; none where it was not measured. */
export function driftWarnings(metrics: Metrics): readonly string[] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    const [metric, workload] = name.split('@');
    if (metric !== DRIFT || (value <= LARGEST_DRIFT && value >= 1 / LARGEST_DRIFT)) return [];
    const where = workload === undefined ? '' : ` on ${workload}`;
    const advice =
      value > 1 ? 'the load is above what is served, and figures grow with the run' : 'lengthen the warm-up';
    return [
      `not stationary${where}: TTFT P99 of the window's second half is ${value.toPrecision(3)} times that of the first; ${advice}`,
    ];
  });
}
