import { InputError } from '../../base/errors.ts';
import { FEWEST_SAMPLES, readSamples, type TrainedTarget, trainPredictors } from '../../companions/pd-slo/train.ts';
import { formatNumber } from '../../report/format.ts';
import { readTextFile, writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { fitted } from '../terminal/table.ts';

export const trainPdSloCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'samples as JSON lines: samples.jsonl of `run --out`, or entries of the training service',
      })
      .option('out', { type: 'string', describe: 'configuration file to write, for `--config`' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .example(
        '$0 pd-slo run --out runs/today && paretune pd-slo train runs/today/samples.jsonl --out trained.json',
        '',
      )
      .example('$0 pd-slo run --config trained.json', 'simulate with the trained predictors'),
  run: async (flags) => {
    const file = requiredText(flags, 'file');
    const targets = trainPredictors(readSamples(readTextFile(file), file));
    if (targets.length === 0) {
      throw new InputError(`holds fewer than ${FEWEST_SAMPLES} samples of every predictor`, { position: { file } });
    }
    const coefficients = Object.fromEntries(targets.map((one) => [one.target, one.coefficients]));
    const out = textFlag(flags, 'out');
    const document = { predictor: { kind: 'trained', coefficients } };
    if (out !== undefined) writeTextFile(out, `${JSON.stringify(document, null, 2)}\n`);
    if (switchFlag(flags, 'json')) printJson('pd-slo train', { targets, out: out ?? null });
    else process.stdout.write(`${listing(targets)}${out === undefined ? '' : `wrote ${out}\n`}`);
    return EXIT.ok;
  },
};

function listing(targets: readonly TrainedTarget[]): string {
  const rows = targets.map(({ target, samples, errorMs, heuristicErrorMs }) => [
    target,
    String(samples),
    formatNumber(errorMs),
    formatNumber(heuristicErrorMs),
  ]);
  const lines = fitted([['predictor', 'samples', 'error ms', 'heuristic ms'], ...rows]);
  return `mean absolute error on the last fifth of the samples, which the fit had not seen\n${lines.join('\n')}\n`;
}
