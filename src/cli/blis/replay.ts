import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { EngineConfig } from '../../simulators/cluster/engine-config.ts';
import { headerTargets, mergeTargets, targetsOf } from '../../simulators/cluster/figures/goodput.ts';
import { modelWarnings } from '../../simulators/cluster/figures/model-warnings.ts';
import { replayResults } from '../../simulators/cluster/figures/request-records.ts';
import { resultTrace } from '../../simulators/cluster/figures/result-trace.ts';
import { RunReport } from '../../simulators/cluster/figures/run-report.ts';
import { simulateCluster } from '../../simulators/cluster/simulate-cluster.ts';
import type { Workload } from '../../simulators/workload/follow-ups.ts';
import { replayTimes } from '../../simulators/workload/measured-times.ts';
import { type ReplayOptions, replayWorkload } from '../../simulators/workload/replay-workload.ts';
import { parseThinkTime } from '../../simulators/workload/think-time.ts';
import { replayedHeader, type TraceHeader } from '../../simulators/workload/trace-header.ts';
import { writeFileOrDevice } from '../../study/io/atomic-file.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';
import { type ClusterFlags, declareClusterFlags, readClusterFlags } from './flags.ts';
import { declareOutputFlags, type OutputOptions, printWarnings, readOutputFlags, writeTrace } from './output.ts';
import { traceBlocks } from './trace-blocks.ts';
import { readTraceHeader, readTraceRows } from './trace-files.ts';
import { masterSeed } from './workload.ts';

export const blisReplayCommand: LoadedCommand = {
  build: (parser) =>
    declareOutputFlags(declareClusterFlags(parser))
      .options({
        'trace-header': { type: 'string', describe: 'YAML file of the trace', group: 'Trace:' },
        'trace-data': { type: 'string', describe: 'CSV file of the trace', group: 'Trace:' },
        seed: { type: 'string', describe: 'seed of token contents and simulation [default: 42]', group: 'Trace:' },
        'session-mode': { type: 'string', describe: 'fixed or closed-loop [default: fixed]', group: 'Trace:' },
        'think-time-ms': { type: 'string', describe: 'pause between rounds in closed loop', group: 'Trace:' },
        'think-time-dist': {
          type: 'string',
          describe: 'constant:value=T or lognormal:mu=…,sigma=…[,min=T][,max=T]',
          group: 'Trace:',
        },
        compat: {
          type: 'boolean',
          describe: 'take the dates of a measured trace for simulated times, as BLIS does: deadlines are long past',
          group: 'Trace:',
        },
        'results-path': { type: 'string', describe: 'write latencies of completed requests as JSON', group: 'Output:' },
      })
      .example('$0 blis replay --model qwen/qwen3-14b --trace-header t.yaml --trace-data t.csv', 'replay a trace'),
  run: async (flags) => {
    const replay = replayBlis(flags);
    printWarnings(replay.warnings, replay.output);
    const { metricsPath, traceOutput } = replay.output;
    if (metricsPath !== undefined) writeFileOrDevice(metricsPath, replay.report.metricsFile());
    const resultsPath = textFlag(flags, 'results-path');
    if (resultsPath !== undefined) {
      writeFileOrDevice(resultsPath, JSON.stringify(replayResults(replay.result), null, 2));
    }
    if (traceOutput !== undefined) {
      writeTrace(traceOutput, replayedHeader(replay.traceBlocks), replay.rows());
    }
    process.stdout.write(replay.report.text());
    return undefined;
  },
};

/** Reads the trace and simulates it; writes nothing. */
export function replayBlis(flags: Flags) {
  const output = readOutputFlags(flags);
  refuseIdleThreshold(flags);
  const header = readTraceHeader(flags);
  const read = readReplayCluster(flags, header);
  const { cluster } = read;
  const seed = masterSeed(flags);
  const workload = readReplayWorkload(flags, header, { seed, horizonUs: cluster.settings.horizon });
  const config: EngineConfig = {
    ...cluster.config,
    seed,
    horizonUs: workload.horizonUs,
    traceDecisions: output.traceDecisions,
    counterfactualK: output.counterfactualK,
  };
  const result = simulateCluster(config, workload);
  const targets = mergeTargets(targetsOf(cluster.settings), headerTargets(header));
  const report = new RunReport({
    config,
    result,
    targets,
    fitnessWeights: null,
    summarizeTrace: output.summarizeTrace,
    detector: output.detector,
  });
  return {
    result,
    report,
    output,
    traceBlocks: traceBlocks(targets, read),
    rows: () => resultTrace(result, Number.POSITIVE_INFINITY, workload.initial.length),
    warnings: [...cluster.warnings, ...ignoredFitness(output), ...modelWarnings(result, config.model)],
  };
}

function readReplayWorkload(
  flags: Flags,
  header: TraceHeader,
  { seed, horizonUs }: { readonly seed: bigint; readonly horizonUs: number | null },
): Workload {
  const read = readTraceRows(flags);
  const { rows, isMeasured } = switchFlag(flags, 'compat') ? { rows: read, isMeasured: false } : replayTimes(read);
  // Twice a date is no end; twice the length of a load would cut off its last answers.
  const end = horizonUs ?? (isMeasured ? Number.POSITIVE_INFINITY : undefined);
  return replayWorkload(rows, {
    seed,
    ...sessionOptions(flags, header),
    ...(end === undefined ? {} : { horizonUs: end }),
  });
}

/** The KV offload of the recorded run is part of what is replayed. */
function readReplayCluster(flags: Flags, header: TraceHeader): ClusterFlags {
  const document = header.blocks['kv_offload'];
  const isFlagged = textFlag(flags, 'kv-offload-config') !== undefined;
  if (document === undefined) {
    if (isFlagged && header.mode !== 'real') {
      throw new InputError('the trace was simulated without KV offload', { path: ['--kv-offload-config'] });
    }
    return readClusterFlags(flags);
  }
  if (isFlagged) throw new InputError('the header of the trace has one', { path: ['--kv-offload-config'] });
  return readClusterFlags(flags, { document, recorded: true });
}

/** Only `run` lets the threshold of another decider pass. */
function refuseIdleThreshold(flags: Flags): void {
  const decider = textFlag(flags, 'pd-decider') ?? 'never';
  if (flags['pd-prefix-threshold'] === undefined || decider === 'prefix-threshold') return;
  throw new InputError(`has no effect with --pd-decider ${decider}`, { path: ['--pd-prefix-threshold'] });
}

function sessionOptions(flags: Flags, header: TraceHeader): Pick<ReplayOptions, 'mode' | 'accumulate' | 'thinkTime'> {
  const mode = textFlag(flags, 'session-mode') ?? 'fixed';
  if (mode !== 'fixed' && mode !== 'closed-loop') {
    throw new InputError(`must be fixed or closed-loop, got ${shortText(mode)}`, { path: ['--session-mode'] });
  }
  const milliseconds = integerText(flags, 'think-time-ms', 0);
  const law = textFlag(flags, 'think-time-dist');
  if (milliseconds !== undefined && law !== undefined) {
    throw new InputError('excludes --think-time-dist', { path: ['--think-time-ms'] });
  }
  // 0 is the default: the pauses are those of the trace.
  const text =
    law ?? (milliseconds === undefined || milliseconds === 0 ? undefined : `constant:value=${milliseconds}ms`);
  if (text !== undefined && mode === 'fixed') {
    throw new InputError('needs --session-mode closed-loop', {
      path: [law === undefined ? '--think-time-ms' : '--think-time-dist'],
    });
  }
  return { mode, accumulate: header.accumulate, ...(text === undefined ? {} : { thinkTime: parseThinkTime(text) }) };
}

function ignoredFitness(output: OutputOptions): readonly string[] {
  return output.fitnessWeights === null ? [] : ['--fitness-weights has no effect on replay'];
}
