import { publishedFigures, publishedReport } from '../../companions/gpu-jobs/published-report.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';

/** The report of seed document 002, computed anew. */
export const testJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('json', { type: 'boolean', describe: 'print the figures as JSON' })
      .example('$0 gpu-jobs test', 'the comparison that the seed document prints'),
  run: async (flags) => {
    if (switchFlag(flags, 'json')) printJson('gpu-jobs test', publishedFigures());
    else process.stdout.write(publishedReport());
    return EXIT.ok;
  },
};
