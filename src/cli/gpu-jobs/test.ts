import { publishedReport } from '../../companions/gpu-jobs/published-report.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';

/** The report of seed document 002, computed anew. */
export const testJobsCommand: LoadedCommand = {
  build: (parser) => parser.example('$0 gpu-jobs test', 'the comparison that the seed document prints'),
  run: async () => {
    process.stdout.write(publishedReport());
    return EXIT.ok;
  },
};
