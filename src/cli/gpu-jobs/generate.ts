import { z } from 'zod';
import { readWorkload } from '../../companions/gpu-jobs/inputs.ts';
import { taskTable } from '../../companions/gpu-jobs/task-table.ts';
import { DEFAULT_WORKLOAD_SEED } from '../../simulators/gpu-jobs/generator.ts';
import { workloadTasks } from '../../simulators/gpu-jobs/workload-document.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { ofFlag, schemaFlag } from '../terminal/schema-flag.ts';

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
    const seed = schemaFlag(flags, 'seed', z.int().min(0)) ?? DEFAULT_WORKLOAD_SEED;
    const given = requiredText(flags, 'workload');
    const { workload } = ofFlag('workload', () => readWorkload(given));
    const tasks = workloadTasks(workload, seed);
    const text = taskTable(tasks);
    const output = textFlag(flags, 'output');
    if (output !== undefined) writeTextFile(output, text);
    if (switchFlag(flags, 'json')) printJson('gpu-jobs generate', { seed, tasks });
    else if (output === undefined) process.stdout.write(text);
    else process.stdout.write(`${tasks.length} tasks → ${output}\n`);
    return EXIT.ok;
  },
};
