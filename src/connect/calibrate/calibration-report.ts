import type { Calibration, HitRateAgreement } from './calibration.ts';
import { goodputAgreementJson } from './goodput-agreement.ts';
import type { SeriesAgreement } from './series-agreement.ts';

/** Printed with every report. */
const LIMITATIONS = [
  'BLIS models discrete batch steps. Real servers use iteration-level continuous batching. This may cause systematic TTFT prediction error under high load.',
  'Sim constructs synthetic prefix token IDs. Prefix cache hit rates may differ from real server, especially after evictions.',
  "If the real server uses speculative decoding, actual token generation patterns differ from sim's sequential model.",
  'Token mismatch detection uses ServerInputTokens (server-reported prompt_tokens) when available. Non-zero token_mismatches on observe-generated prefix-cached traces typically reflect KV-block granularity rounding (simulator accounts tokens in multiples of BlockSizeTokens; server reports raw count). Expected variance is at most BlockSizeTokens tokens per request. This is expected behavior, not data corruption.',
];

export interface ReportOptions {
  /** Failed requests count as matched and as unmatched, as in the reference. */
  readonly compat: boolean;
}

/** The report as a JSON value, keys in the order of the reference. */
export function calibrationReport(calibration: Calibration, { compat }: ReportOptions) {
  const { matches, failed, metrics, ttftTolerance, goodput, hitRate } = calibration;
  const dropped = matches.itlDropped.length;
  return {
    trace_info: {
      num_requests: matches.matched.length + matches.warmUp + matches.unmatchedReal + (compat ? failed : 0),
      warm_up_excluded: matches.warmUp,
      matched_pairs: matches.matched.length,
      token_mismatches: matches.tokenMismatches,
      ...(dropped > 0 ? { itl_dropped: dropped } : {}),
    },
    metrics: Object.fromEntries(Object.entries(metrics).map(([metric, agreement]) => [metric, metricJson(agreement)])),
    config_match: {},
    known_limitations: LIMITATIONS,
    ...(goodput === null ? {} : { goodput: goodputAgreementJson(goodput) }),
    ...(hitRate === null ? {} : { hit_rate: hitRateJson(hitRate) }),
    ttft_tolerance: ttftTolerance,
  };
}

function metricJson({ statistics, mape, pearson, bias, quality, count }: SeriesAgreement) {
  return {
    workload_level: Object.fromEntries(
      Object.entries(statistics).flatMap(([name, { real, sim }]) => [
        [`real_${name}`, real],
        [`sim_${name}`, sim],
        [`${name}_error`, sim - real],
        [`${name}_percent_error`, percentError(real, sim)],
      ]),
    ),
    request_level: { mape, pearson_r: pearson, bias_direction: bias, quality },
    count,
  };
}

/** A fraction, whatever its name says. */
export function percentError(real: number, sim: number): number {
  return real > 0 ? Math.abs(sim - real) / real : 0;
}

function hitRateJson({ real, sim, errorPp, tolerancePp, within, source }: HitRateAgreement) {
  return {
    real_hit_rate: real,
    sim_hit_rate: sim,
    abs_error_pp: errorPp,
    tolerance_pp: tolerancePp,
    within,
    source,
  };
}
