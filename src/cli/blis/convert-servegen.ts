import { InputError, unknownName } from '../../base/errors.ts';
import { convertServegen } from '../../connect/convert/servegen.ts';
import { formatYaml } from '../../document/yaml.ts';
import { PERIODS, type Period } from '../../simulators/workload/servegen/language-cohorts.ts';
import { USUAL_DRAIN_S, USUAL_WINDOW_S } from '../../simulators/workload/servegen-section.ts';
import { readServegenFolder } from '../../study/io/servegen-files.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
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
      period: period(flags),
    };
    const files = readServegenFolder(requiredFile(flags, 'path'));
    const conversion = namingTime(() => convertServegen(files, options));
    printWarnings(conversion.notes, { quiet: false });
    process.stdout.write(formatYaml(conversion.document));
    return undefined;
  },
};

function period(flags: Flags): Period | null {
  const name = textFlag(flags, 'time') ?? '';
  if (name === '') return null;
  const names = PERIODS.map((one) => one.name);
  const known = names.find((one) => one === name);
  if (known === undefined) throw unknownName('period', name, names, { path: ['--time'] });
  return known;
}

/** The key of a workload file is a flag here. */
function namingTime<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError) || error.path[0] !== 'time_window') throw error;
    throw new InputError(error.message, { path: ['--time'] });
  }
}
