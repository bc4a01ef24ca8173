import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { type CalibrationInput, calibrate } from '../../connect/calibrate/calibration.ts';
import { calibrationReport } from '../../connect/calibrate/calibration-report.ts';
import { calibrationText, calibrationWarnings } from '../../connect/calibrate/calibration-text.ts';
import { readMeasuredGaps } from '../../connect/calibrate/measured-gaps.ts';
import { parseReplayResults } from '../../connect/calibrate/replay-result.ts';
import { headerTargets, mergeTargets } from '../../simulators/cluster/figures/goodput.ts';
import { measuredRttUs, type TraceHeader } from '../../simulators/workload/trace-header.ts';
import { writeFileOrDevice } from '../../study/io/atomic-file.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
import { integerText, lastValueWins, switchFlag, textFlag } from '../terminal/flags.ts';
import { isQuiet, printWarnings } from './output.ts';
import { flagTargets } from './slo-targets.ts';
import { readJson, readText } from './text-files.ts';
import { readTraceHeader, readTraceRows, requiredFile } from './trace-files.ts';

const text = (group: string, describe: string) => ({ type: 'string', group, describe }) as const;

export const blisCalibrateCommand: LoadedCommand = {
  build: (parser) =>
    lastValueWins(parser)
      .options({
        'trace-header': text('Files:', 'YAML file of the measured trace'),
        'trace-data': text('Files:', 'CSV file of the measured trace'),
        'sim-results': text('Files:', 'what blis replay --results-path wrote'),
        report: text('Files:', 'JSON file to write'),
        'itl-data': text('Files:', 'what blis observe --record-itl wrote'),
        'sim-metrics': text('Files:', 'what blis replay --metrics-path wrote, for the KV hit rate'),
        'warmup-requests': text('Pairs:', 'first requests to leave out [default: −1, the header’s]'),
        'network-rtt-us': text('Pairs:', 'round trip added to the simulation [default: −1, the header’s]'),
        'network-bandwidth-mbps': text('Pairs:', 'bandwidth of the simulated network [default: 0, unlimited]'),
        'slo-ttft': text('Targets:', 'class=duration,… in place of the header’s'),
        'slo-itl': text('Targets:', 'class=duration,… in place of the header’s'),
        'slo-e2e': text('Targets:', 'class=duration,… in place of the header’s'),
        'hit-rate-tolerance-pp': text('Targets:', 'percentage points that hit rates may differ [default: 5]'),
        'ttft-mape-threshold': text('Targets:', 'error of TTFT that is within tolerance [default: 0.15]'),
        log: text('Output:', 'error hides what is written beside the report [default: warn]'),
        compat: { type: 'boolean', group: 'Output:', describe: 'count failed requests twice, as BLIS does' },
        'adapter-reference': { type: 'string', hidden: true },
        'sim-metrics-blind': { type: 'string', hidden: true },
        'adapter-mape-threshold': { type: 'string', hidden: true },
      })
      .example(
        '$0 blis calibrate --trace-header t.yaml --trace-data t.csv --sim-results results.json --report report.json',
        'how far the replay is from the measurement',
      ),
  run: async (flags) => {
    const report = requiredFile(flags, 'report');
    const compat = switchFlag(flags, 'compat');
    const quiet = isQuiet(flags);
    const calibration = calibrate(readCalibrationInput(flags));
    writeFileOrDevice(report, JSON.stringify(calibrationReport(calibration, { compat }), null, 2));
    printWarnings(calibrationWarnings(calibration), { quiet });
    if (quiet) return undefined;
    const lines = [`Calibration report written to ${report}`, ...calibrationText(calibration, { compat })];
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    return undefined;
  },
};

function readCalibrationInput(flags: Flags): CalibrationInput {
  for (const name of ['adapter-reference', 'sim-metrics-blind', 'adapter-mape-threshold']) {
    if (flags[name] !== undefined) throw new InputError(`--${name} is not supported: LoRA adapters are not simulated`);
  }
  const header = readTraceHeader(flags);
  const gapsFile = textFlag(flags, 'itl-data') ?? '';
  const metricsFile = textFlag(flags, 'sim-metrics') ?? '';
  const resultsFile = requiredFile(flags, 'sim-results');
  return {
    rows: readTraceRows(flags),
    results: inFile(resultsFile, () => parseReplayResults(readJson(resultsFile))),
    gaps: gapsFile === '' ? null : readMeasuredGaps(readText(gapsFile), gapsFile),
    warmUpRequests: fromHeader(flags, 'warmup-requests', header.warmUpRequests),
    network: {
      rttUs: fromHeader(flags, 'network-rtt-us', Math.trunc(measuredRttUs(header))),
      bandwidthMbps: number(flags, 'network-bandwidth-mbps', 0),
    },
    targets: mergeTargets(flagTargets(flags), headerTargets(header)),
    observedHitRate: observedHitRate(header),
    simulatedHitRate: metricsFile === '' ? null : simulatedHitRate(metricsFile),
    hitRateTolerancePp: number(flags, 'hit-rate-tolerance-pp', 5),
    ttftMapeThreshold: number(flags, 'ttft-mape-threshold', 0.15),
  };
}

function inFile<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ position: { file } }) : error;
  }
}

/** −1 stands for the header's. */
function fromHeader(flags: Flags, name: string, fallback: number): number {
  const value = integerText(flags, name, -1) ?? -1;
  return value === -1 ? fallback : value;
}

function observedHitRate({ blocks }: TraceHeader): CalibrationInput['observedHitRate'] {
  const block: Json | undefined = blocks['observed_kv_metrics'];
  if (!isJsonObject(block)) return null;
  const { hit_rate: rate, source } = block;
  return { rate: typeof rate === 'number' ? rate : 0, source: typeof source === 'string' ? source : '' };
}

function simulatedHitRate(file: string): number | null {
  const value = readJson(file);
  const rate = isJsonObject(value) ? value['cache_hit_rate'] : undefined;
  return typeof rate === 'number' ? rate : null;
}

function number(flags: Flags, name: string, fallback: number): number {
  const written = textFlag(flags, name);
  if (written === undefined) return fallback;
  const value = written.trim() === '' ? Number.NaN : Number(written);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InputError(`must be a number ≥ 0, got ${shortText(written)}`, { path: [`--${name}`] });
}
