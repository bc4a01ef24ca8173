import { join } from 'node:path';
import type { InputError } from '../../base/errors.ts';
import { type IndexRow, indexRecord, pathPart, writeText } from '../../companions/kvsched/run-index.ts';
import { loadScenarioFile } from '../../companions/kvsched/scenario-file.ts';
import { refusal, runTask, summaryDocument } from '../../companions/kvsched/task.ts';
import { placed } from '../../document/yaml.ts';
import { gpuWarnings } from '../../simulators/kvsched/gpu-latency.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { commonSettings, runSettings, scenarioOptions, simulationFlags } from './flags.ts';

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
    const seed = integerFlag(flags, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? loaded.own.seed ?? 0;
    const scheduler = textFlag(flags, 'scheduler') ?? loaded.own.scheduler ?? 'kv_heuristic';
    const settings = runSettings(loaded, common, { ...ablation, scheduler, seed });
    const outcome = runTask(loaded.scenario, settings);
    if (outcome.kind === 'refused') {
      const error = refusal(outcome);
      throw placed(loaded.source, 0, (): InputError => raise(error));
    }
    for (const warning of gpuWarnings(loaded.scenario)) process.stderr.write(`warning: ${warning}\n`);
    const folder = join(requiredText(flags, 'out'), pathPart(loaded.scenario.id), settings.scheduler, `seed=${seed}`);
    const row: IndexRow = {
      summary: outcome.summary,
      scenario: loaded.scenario.id,
      scheduler: settings.scheduler,
      seed,
      ticks: settings.ticks,
      ...ablation,
      strictNetwork: settings.links !== 'relaxed',
      summaryPath: join(folder, 'summary.json'),
    };
    writeText(row.summaryPath, `${JSON.stringify(summaryDocument(outcome.summary, outcome.samples))}\n`);
    process.stdout.write(switchFlag(flags, 'json') ? `${JSON.stringify(indexRecord(row), null, 2)}\n` : listing(row));
    return EXIT.ok;
  },
};

function raise(error: InputError): never {
  throw error;
}

function listing(row: IndexRow): string {
  const record = Object.entries(indexRecord(row));
  const width = Math.max(...record.map(([key]) => key.length));
  return record.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join('');
}
