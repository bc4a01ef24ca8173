import { convertServegen, namingTime, periodNamed } from '../../connect/convert/servegen.ts';
import { endOfSpikes } from '../../connect/convert/spike-end.ts';
import { formatYaml } from '../../document/yaml.ts';
import { USUAL_DRAIN_S, USUAL_WINDOW_S } from '../../simulators/workload/servegen-section.ts';
import { readServegenFolder } from '../../study/io/servegen-files.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerText, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';

export const importServegenCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('folder', { type: 'string', describe: 'with chunk-*-trace.csv and chunk-*-dataset.json' })
      .options({
        out: { type: 'string', demandOption: true, requiresArg: true, describe: 'workload file to write' },
        time: { type: 'string', requiresArg: true, describe: 'midnight, morning or afternoon alone [default: all]' },
        'window-duration-seconds': {
          type: 'string',
          requiresArg: true,
          describe: 'length of each period [default: 600]',
        },
        'drain-timeout-seconds': { type: 'string', requiresArg: true, describe: 'pause after each [default: 180]' },
        'num-requests': { type: 'string', requiresArg: true, describe: 'most requests [default: no limit]' },
        json: { type: 'boolean', describe: 'print the result as JSON' },
      })
      .example('$0 import servegen data/language --out workloads/day.yaml', 'one cohort per period and class'),
  run: async (flags) => {
    const folder = requiredText(flags, 'folder');
    const out = requiredText(flags, 'out');
    const drainS = integerText(flags, 'drain-timeout-seconds', 0) ?? USUAL_DRAIN_S;
    const windowS = integerText(flags, 'window-duration-seconds', 1) ?? USUAL_WINDOW_S;
    const files = readServegenFolder(folder);
    const options = { windowS, drainS, period: periodNamed(textFlag(flags, 'time') ?? '') };
    const { document, notes } = namingTime(() => convertServegen(files, options));
    const requests = integerText(flags, 'num-requests', 1);
    // A study needs an end: the pause after the last period is for its last answers.
    const horizon = endOfSpikes(document) + Math.max(drainS, 1) * 1e6;
    const workload = { ...document, horizon, ...(requests === undefined ? {} : { num_requests: requests }) };
    writeTextFile(out, formatYaml(workload));
    const cohorts = (document['cohorts'] as readonly unknown[]).length;
    if (switchFlag(flags, 'json')) {
      printJson('import servegen', { folder, chunks: files.length, cohorts, notes, file: out });
      return EXIT.ok;
    }
    for (const note of notes) process.stdout.write(`note: ${note}\n`);
    process.stdout.write(
      `${files.length} chunks as ${cohorts} cohorts, ends after ${horizon / 1e6} s\nwritten: ${out}\n`,
    );
    return EXIT.ok;
  },
};
