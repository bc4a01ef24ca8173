import { convertServegen, namingTime, periodNamed } from '../../connect/convert/servegen.ts';
import { formatYaml } from '../../document/yaml.ts';
import { USUAL_DRAIN_S, USUAL_WINDOW_S } from '../../simulators/workload/servegen-section.ts';
import { readServegenFolder } from '../../study/io/servegen-files.ts';
import type { LoadedCommand } from '../terminal/command.ts';
import { integerText, lastValueWins, textFlag } from '../terminal/flags.ts';
import { printWarnings } from './output.ts';
import { requiredFile } from './trace-files.ts';

export const convertServegenCommand: LoadedCommand = {
  build: (parser) =>
    lastValueWins(parser)
      .options({
        path: { type: 'string', describe: 'folder with chunk-*-trace.csv and chunk-*-dataset.json' },
        'window-duration-seconds': { type: 'string', describe: 'length of each period [default: 600]' },
        'drain-timeout-seconds': { type: 'string', describe: 'pause between periods [default: 180]' },
        time: { type: 'string', describe: 'midnight, morning or afternoon alone [default: all three]' },
        compat: { type: 'boolean', hidden: true },
      })
      .example('$0 blis convert servegen --path data/language > day.yaml', 'one cohort per period and class'),
  run: async (flags) => {
    const options = {
      windowS: integerText(flags, 'window-duration-seconds', 1) ?? USUAL_WINDOW_S,
      drainS: integerText(flags, 'drain-timeout-seconds', 0) ?? USUAL_DRAIN_S,
      period: periodNamed(textFlag(flags, 'time') ?? ''),
    };
    const files = readServegenFolder(requiredFile(flags, 'path'));
    const conversion = namingTime(() => convertServegen(files, options));
    printWarnings(conversion.notes, { quiet: false });
    process.stdout.write(formatYaml(conversion.document));
    return undefined;
  },
};
