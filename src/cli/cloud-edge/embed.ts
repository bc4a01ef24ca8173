import { isJsonObject, type Json } from '../../base/json.ts';
import { readDataset, readText } from '../../companions/cloud-edge/dataset-file.ts';
import { loadEncoder, POOLINGS, type Pooling } from '../../companions/cloud-edge/encoder.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { embedRows } from './settings.ts';

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
    const dataset = requiredText(flags, 'dataset');
    readDataset(dataset, 0);
    const lines = readText(dataset, 'dataset')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const encoder = await loadEncoder(requiredText(flags, 'encoder'), requiredText(flags, 'pooling') as Pooling);
    const progress = new Progress('prompts encoded', lines.length, switchFlag(flags, 'quiet'));
    const out: string[] = [];
    let dimension = 0;
    for (const line of lines) {
      const row = parseRow(line);
      if (row === null) out.push(line);
      else {
        const vector = Array.from(await encoder.embed(row.text), (value) => Number(value.toPrecision(8)));
        dimension = vector.length;
        out.push(JSON.stringify({ ...row.fields, embedding: vector }));
      }
      progress.update(out.length);
    }
    progress.end();
    await encoder.close();
    const file = requiredText(flags, 'out');
    writeFileAtomically(file, `${out.join('\n')}\n`);
    const result = { file, rows: out.length, dimension };
    process.stdout.write(
      switchFlag(flags, 'json')
        ? `${JSON.stringify(result)}\n`
        : `${file}: ${out.length} rows, ${dimension} dimensions\n`,
    );
    return EXIT.ok;
  },
};

function parseRow(line: string): { text: string; fields: Readonly<Record<string, Json>> } | null {
  try {
    const fields = JSON.parse(line) as Json;
    return isJsonObject(fields) && typeof fields['request_text'] === 'string'
      ? { text: fields['request_text'], fields }
      : null;
  } catch {
    return null;
  }
}

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
    const { rows, skipped, tooLong } = readDataset(
      requiredText(flags, 'dataset'),
      integerFlag(flags, 'limit', 0, MANY)!,
    );
    const folder = textFlag(flags, 'encoder');
    const ready = folder === undefined ? rows : await embedRows(rows, folder, flags);
    const written = ready.map(({ text, seconds, embedding }) =>
      embedding === null ? { text, seconds } : { text, seconds, embedding },
    );
    const file = requiredText(flags, 'out');
    writeFileAtomically(file, `${JSON.stringify({ dataset: { rows: written } })}\n`);
    const result = { file, rows: rows.length, skipped, too_long: tooLong };
    process.stdout.write(
      switchFlag(flags, 'json')
        ? `${JSON.stringify(result)}\n`
        : `${file}: ${rows.length} rows, ${skipped} invalid lines and ${tooLong} long prompts left out\n`,
    );
    return EXIT.ok;
  },
};
