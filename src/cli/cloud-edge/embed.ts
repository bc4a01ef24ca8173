import { embedDataset, packDataset } from '../../companions/cloud-edge/embed-dataset.ts';
import { POOLINGS } from '../../companions/cloud-edge/encoder.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { encodingOf } from './settings.ts';

const MANY = 10_000_000;

/** Adds an `embedding` to every row of a dataset; other lines stay as they are. */
export const embedCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('dataset', { type: 'string', demandOption: true, describe: 'dataset file' })
      .option('encoder', { type: 'string', demandOption: true, describe: 'folder with model.onnx and vocab.txt' })
      .option('pooling', {
        choices: POOLINGS,
        default: 'cls' as const,
        describe: 'vector of the first token, or the mean',
      })
      .option('out', { type: 'string', demandOption: true, describe: 'dataset file to write' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress' }),
  run: async (flags) => {
    const file = requiredText(flags, 'out');
    const encoding = { ...encodingOf(flags), encoder: requiredText(flags, 'encoder') };
    const { rows, dimension } = await embedDataset(requiredText(flags, 'dataset'), file, encoding);
    const result = { file, rows, dimension };
    if (switchFlag(flags, 'json')) printJson('cloud-edge embed', result);
    else process.stdout.write(`${file}: ${rows} rows, ${dimension} dimensions\n`);
    return EXIT.ok;
  },
};

/** Writes the dataset as one JSON document that a study can name as its workload. */
export const packCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('dataset', { type: 'string', demandOption: true, describe: 'dataset file' })
      .option('encoder', { type: 'string', describe: 'folder of an encoder; default: prompts are hashed at run time' })
      .option('pooling', { choices: POOLINGS, default: 'cls' as const, describe: 'of the encoder' })
      .option('limit', { type: 'number', default: 50_000, describe: 'rows to take; 0 takes all' })
      .option('out', { type: 'string', demandOption: true, describe: 'workload file to write' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress' }),
  run: async (flags) => {
    const file = requiredText(flags, 'out');
    const encoder = textFlag(flags, 'encoder');
    const { rows, skipped, tooLong } = await packDataset(requiredText(flags, 'dataset'), file, {
      limit: integerFlag(flags, 'limit', 0, MANY)!,
      encoding: encoder === undefined ? null : { ...encodingOf(flags), encoder },
    });
    const result = { file, rows, skipped, too_long: tooLong };
    if (switchFlag(flags, 'json')) printJson('cloud-edge pack', result);
    else {
      const left = `${skipped} invalid lines and ${tooLong} long prompts left out`;
      process.stdout.write(`${file}: ${rows} rows, ${left}\n`);
    }
    return EXIT.ok;
  },
};
