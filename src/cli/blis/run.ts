import type { JsonObject } from '../../base/json.ts';
import type { EngineConfig } from '../../simulators/cluster/engine-config.ts';
import type { EngineResult } from '../../simulators/cluster/engine-result.ts';
import { mergeTargets, specTargets, targetsOf } from '../../simulators/cluster/figures/goodput.ts';
import { modelWarnings } from '../../simulators/cluster/figures/model-warnings.ts';
import { resultTrace } from '../../simulators/cluster/figures/result-trace.ts';
import { RunReport } from '../../simulators/cluster/figures/run-report.ts';
import { simulateCluster } from '../../simulators/cluster/simulate-cluster.ts';
import { generatedHeader } from '../../simulators/workload/trace-header.ts';
import { writeFileOrDevice } from '../../study/io/atomic-file.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
import { declareClusterFlags, readClusterFlags } from './flags.ts';
import { declareOutputFlags, type OutputOptions, printWarnings, readOutputFlags, writeTrace } from './output.ts';
import { traceBlocks } from './trace-blocks.ts';
import { declareWorkloadFlags, masterSeed, type RunWorkload, readRunWorkload } from './workload.ts';

export const blisRunCommand: LoadedCommand = {
  build: (parser) =>
    declareOutputFlags(declareWorkloadFlags(declareClusterFlags(parser)))
      .example('$0 blis run --model qwen/qwen3-14b --rate 20', '100 requests on one instance')
      .example('$0 blis run --model qwen/qwen3-14b --num-instances 8 --workload-spec w.yaml', 'a workload file'),
  run: async (flags) => {
    const run = runBlis(flags);
    printWarnings(run.warnings, run.output);
    if (run.output.metricsPath !== undefined) writeFileOrDevice(run.output.metricsPath, run.report.metricsFile());
    if (run.output.traceOutput !== undefined) {
      const rows = resultTrace(run.result, run.config.horizonUs);
      writeTrace(run.output.traceOutput, generatedHeader(run.source.seed, run.traceBlocks), rows);
    }
    process.stdout.write(run.report.text());
    return undefined;
  },
};

export interface BlisRun {
  readonly config: EngineConfig;
  readonly source: RunWorkload;
  readonly result: EngineResult;
  readonly report: RunReport;
  readonly output: OutputOptions;
  /** Of the header of an exported trace. */
  readonly traceBlocks: JsonObject;
  readonly warnings: readonly string[];
}

/** Reads what the flags name, generates the workload and simulates it; writes nothing. */
export function runBlis(flags: Flags): BlisRun {
  const output = readOutputFlags(flags);
  const read = readClusterFlags(flags);
  const { cluster } = read;
  const { settings } = cluster;
  const source = readRunWorkload(flags, settings.horizon);
  const config: EngineConfig = {
    ...cluster.config,
    seed: masterSeed(flags),
    horizonUs: source.workload.horizonUs,
    traceDecisions: output.traceDecisions,
    counterfactualK: output.counterfactualK,
  };
  const result = simulateCluster(config, source.workload);
  const targets = mergeTargets(targetsOf(settings), specTargets(source.spec));
  const report = new RunReport({
    config,
    result,
    targets,
    fitnessWeights: output.fitnessWeights,
    summarizeTrace: output.summarizeTrace,
    detector: output.detector,
  });
  return {
    config,
    source,
    result,
    report,
    output,
    traceBlocks: traceBlocks(targets, read),
    warnings: [...cluster.warnings, ...source.warnings, ...modelWarnings(result, config.model)],
  };
}
