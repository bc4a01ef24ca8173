import { fixed } from '../../simulators/cluster/figures/go-format.ts';
import type { Calibration, GroupError } from './calibration.ts';
import { percentError, type ReportOptions } from './calibration-report.ts';
import type { SeriesAgreement, Statistic } from './series-agreement.ts';

const TITLES = { ttft: 'TTFT:', e2e: 'E2E: ', itl: 'ITL: ' } as const;
const PERCENTILES: readonly Statistic[] = ['p50', 'p90', 'p95', 'p99'];

/** The report in words, line by line. */
export function calibrationText(calibration: Calibration, { compat }: ReportOptions): readonly string[] {
  const { matches, failed, metrics, classes, models } = calibration;
  const unmatched = matches.unmatchedReal + (compat ? failed : 0);
  const known = (['ttft', 'e2e', 'itl'] as const).flatMap((metric) => {
    const agreement = metrics[metric];
    return agreement === undefined ? [] : [{ title: TITLES[metric], agreement }];
  });
  return [
    `  Matched pairs: ${matches.matched.length} (warm-up excluded: ${matches.warmUp}, unmatched real: ${unmatched}, ` +
      `unmatched sim: ${matches.unmatchedSim}${!compat && failed > 0 ? `, failed: ${failed}` : ''})`,
    'Workload-level aggregate metrics:',
    ...known.flatMap(({ title, agreement }) => aggregateLines(title, agreement)),
    'Request-level prediction quality:',
    ...known.map(
      ({ title, agreement: { mape, pearson, bias, quality } }) =>
        `  ${title} MAPE=${percent(mape)}, PearsonR=${fixed(pearson, 3)}, Bias=${bias}, Quality=${quality}`,
    ),
    ...verdictLines(calibration),
    ...groupLines('Per-SLO-class calibration:', 'SLO', classes),
    ...groupLines('Per-model calibration:', 'model', models),
    ...goodputLines(calibration),
  ];
}

function aggregateLines(title: string, { statistics }: SeriesAgreement): readonly string[] {
  const line = (label: string, statistic: Statistic, prefix: string): string => {
    const { real, sim } = statistics[statistic];
    const error = sim - real;
    const shown = `${error < 0 ? '' : '+'}${micros(error)}`;
    return `${label} Real${prefix}=${micros(real)}, Sim${prefix}=${micros(sim)}, Error=${shown} (${percent(percentError(real, sim))})`;
  };
  return [
    line(`  ${title}`, 'mean', ' mean'),
    ...PERCENTILES.map((name) => line(`        ${name.toUpperCase()}:`, name, '')),
  ];
}

function verdictLines({ ttftTolerance, hitRate }: Calibration): readonly string[] {
  const { mape, threshold, within } = ttftTolerance;
  return [
    `TTFT MAPE=${percent(mape)} (threshold ${percent(threshold)}) ${verdict(within)}`,
    ...(hitRate === null
      ? []
      : [
          `KV hit rate: real=${fixed(hitRate.real, 4)} (${hitRate.source}) sim=${fixed(hitRate.sim, 4)} ` +
            `error=${fixed(hitRate.errorPp, 2)}pp (tolerance ${fixed(hitRate.tolerancePp, 2)}pp) ${verdict(hitRate.within)}`,
        ]),
  ];
}

function groupLines(title: string, key: string, groups: readonly GroupError[]): readonly string[] {
  if (groups.length === 0) return [];
  return [
    title,
    ...groups.map(
      ({ name, count, ttftMape, e2eMape }) =>
        `  ${key}=${name}: n=${count} TTFT-MAPE=${percent(ttftMape)} E2E-MAPE=${percent(e2eMape)}`,
    ),
  ];
}

function goodputLines({ goodput }: Calibration): readonly string[] {
  if (goodput === null) return [];
  const { classes, durationS } = goodput;
  const share = (good: number, count: number) => fixed(count > 0 ? good / count : 0, 3);
  const rps = (good: number) => fixed(durationS > 0 ? good / durationS : 0, 3);
  return [
    'Per-SLO-class goodput (real vs sim):',
    ...classes.map(
      ({ sloClass, count, real, sim }) =>
        `  ${sloClass}: count=${count} real_attain=${share(real.good, count)} sim_attain=${share(sim.good, count)} ` +
        `real_rps=${rps(real.good)} sim_rps=${rps(sim.good)}`,
    ),
  ];
}

/** What a reader of the figures should know of the data. */
export function calibrationWarnings({ matches, goodput }: Calibration): readonly string[] {
  const cut = matches.matched.filter(({ row, latency }) => row.status !== 'ok' && latency !== null).length;
  return [
    ...matches.itlDropped.map((id) => `request ${id} has no ITL: its chunks run backwards in time`),
    ...(cut > 0
      ? [`requests that broke off after their first chunk: ${cut}; what they measured is compared all the same`]
      : []),
    ...(goodput?.skippedItl === true
      ? ['goodput: requests without a measured ITL count as not good where a class has an ITL target; give --itl-data']
      : []),
  ];
}

function verdict(within: boolean): string {
  return within ? '[WITHIN]' : '[EXCEEDS]';
}

function micros(value: number): string {
  return `${fixed(value, 0)}µs`;
}

function percent(fraction: number): string {
  return `${fixed(fraction * 100, 1)}%`;
}
