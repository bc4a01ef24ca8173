import { type IndexRow, indexRecord } from '../../companions/kvsched/run-index.ts';
import { placedRefusal, saveRun } from '../../companions/kvsched/run-result.ts';
import { runSettings } from '../../companions/kvsched/run-settings.ts';
import { loadScenarioFile } from '../../companions/kvsched/scenario-file.ts';
import { runTask } from '../../companions/kvsched/task.ts';
import { gpuWarnings } from '../../simulators/kvsched/gpu-latency.ts';
import { scheduler, seed } from '../../simulators/kvsched/settings-schema.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';
import { commonSettings, scenarioOptions, simulationFlags } from './flags.ts';

export const runScenarioCommand: LoadedCommand = {
  build: (parser) =>
    simulationFlags(parser)
      .option('scenario', { type: 'string', demandOption: true, describe: 'scenario file' })
      .option('scheduler', {
        type: 'string',
        describe: "kv_heuristic, load_only, kv_only, random or rr; default: the scenario's, else kv_heuristic",
      })
      .option('seed', { type: 'number', describe: "seed of all random streams; default: the scenario's, else 0" })
      .option('out', { type: 'string', default: 'results/raw', describe: 'folder for summary.json' })
      .option('json', { type: 'boolean', describe: 'print the row as JSON' })
      .example(
        '$0 kvsched run --scenario studies/kvsched/scenarios/S2_edge_cloud.yaml --seed 0',
        'KV-aware placement in a cloud with edge nodes',
      ),
  run: async (flags) => {
    const common = commonSettings(flags);
    const loaded = loadScenarioFile(requiredText(flags, 'scenario'), scenarioOptions(flags));
    const ablation = { prefetch: switchFlag(flags, 'prefetch'), overlap: switchFlag(flags, 'overlap') };
    const settings = runSettings(loaded, common, {
      ...ablation,
      scheduler: schemaFlag(flags, 'scheduler', scheduler) ?? loaded.own.scheduler ?? 'kv_heuristic',
      seed: schemaFlag(flags, 'seed', seed) ?? loaded.own.seed ?? 0,
    });
    const outcome = runTask(loaded.scenario, settings);
    if (outcome.kind === 'refused') throw placedRefusal(loaded, outcome);
    for (const warning of gpuWarnings(loaded.scenario)) process.stderr.write(`warning: ${warning}\n`);
    const { row } = saveRun({ loaded, settings, ablation, outcome }, requiredText(flags, 'out'));
    if (switchFlag(flags, 'json')) printJson('kvsched run', indexRecord(row));
    else process.stdout.write(listing(row));
    return EXIT.ok;
  },
};

function listing(row: IndexRow): string {
  const record = Object.entries(indexRecord(row));
  const width = Math.max(...record.map(([key]) => key.length));
  return record.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join('');
}
