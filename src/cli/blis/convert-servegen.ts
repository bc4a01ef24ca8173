import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unknownName } from '../../base/errors.ts';
import { convertServegen } from '../../connect/convert/servegen.ts';
import type { ChunkFiles } from '../../connect/convert/servegen-chunk.ts';
import { PERIODS, type Period } from '../../connect/convert/servegen-language.ts';
import { formatYaml } from '../../document/yaml.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
import { integerText, textFlag } from '../terminal/flags.ts';
import { printWarnings } from './output.ts';
import { readText } from './text-files.ts';
import { requiredFile } from './trace-files.ts';

export const convertServegenCommand: LoadedCommand = {
  build: (parser) =>
    parser
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
      windowS: integerText(flags, 'window-duration-seconds', 1) ?? 600,
      drainS: integerText(flags, 'drain-timeout-seconds', 0) ?? 180,
      period: period(flags),
    };
    const conversion = convertServegen(readChunks(requiredFile(flags, 'path')), options);
    printWarnings(conversion.notes, { quiet: false });
    process.stdout.write(formatYaml(conversion.document));
    return undefined;
  },
};

const TRACE = /^chunk-.*-trace\.csv$/;

/** In the order of the names of the files, as text. */
function readChunks(folder: string): readonly ChunkFiles[] {
  const names = listFolder(folder);
  const traces = names.filter((name) => TRACE.test(name)).sort();
  if (traces.length === 0) throw new InputError('has no chunk-*-trace.csv', { position: { file: folder } });
  return traces.map((name) => {
    const traceFile = join(folder, name);
    const datasetFile = traceFile.replace(/-trace\.csv$/, '-dataset.json');
    return { traceFile, trace: readText(traceFile), datasetFile, dataset: readText(datasetFile) };
  });
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new InputError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { position: { file: folder } });
  }
}

function period(flags: Flags): Period | null {
  const name = textFlag(flags, 'time') ?? '';
  if (name === '') return null;
  const names = PERIODS.map((one) => one.name);
  const known = names.find((one) => one === name);
  if (known === undefined) throw unknownName('period', name, names, { path: ['--time'] });
  return known;
}
