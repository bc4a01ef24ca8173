import { DEFAULT_WORKLOAD_SEED } from '../../simulators/gpu-jobs/generator.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { workloadTasks } from '../../simulators/gpu-jobs/workload-document.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { csvText, workloadFlag, writeOutput } from './input.ts';

export const generateJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('workload', {
        type: 'string',
        default: 'low',
        describe: 'preset (low, medium, high, extreme), built-in workload, or a workload file',
      })
      .option('seed', { type: 'number', default: DEFAULT_WORKLOAD_SEED, describe: 'seed of all draws' })
      .option('output', { type: 'string', describe: 'task table to write; default: stdout' })
      .option('json', { type: 'boolean', describe: 'print the tasks as JSON' })
      .example('$0 gpu-jobs generate --workload medium --output tasks.csv', '500 tasks in 50 s'),
  run: async (flags) => {
    const seed = integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? DEFAULT_WORKLOAD_SEED;
    const tasks = workloadTasks(workloadFlag(requiredText(flags, 'workload')).workload, seed);
    const text = taskTable(tasks);
    const output = textFlag(flags, 'output');
    if (output !== undefined) writeOutput(output, text);
    if (switchFlag(flags, 'json')) process.stdout.write(`${JSON.stringify({ seed, tasks }, null, 2)}\n`);
    else if (output === undefined) process.stdout.write(text);
    else process.stdout.write(`${tasks.length} tasks → ${output}\n`);
    return EXIT.ok;
  },
};

/** The table that `--tasks` reads back to the same tasks. */
export function taskTable(tasks: readonly Task[]): string {
  const rows = tasks.map((task) => {
    const decodeOnly = task.prefillTokens === 0 && task.decodeTokens > 0;
    return {
      Task: task.id,
      Workload: task.model,
      Memory: task.memoryGB,
      Weight: task.weight,
      ArrivalTime: task.arrival,
      Phase: decodeOnly ? 'DECODE' : 'PREFILL',
      Tokens: decodeOnly ? task.decodeTokens : task.prefillTokens,
      DecodeTokens: decodeOnly ? 0 : task.decodeTokens,
      TP: task.tp,
      PrefixId: task.prefix,
      PrefixTokens: task.prefixTokens,
    };
  });
  return csvText(rows, Object.keys(rows[0]!));
}
