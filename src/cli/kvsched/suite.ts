import { setImmediate as breathe } from 'node:timers/promises';
import { describeInputError, InputError } from '../../base/errors.ts';
import { writeFigures } from '../../companions/kvsched/figures.ts';
import { planSuite, runOfSuite, type SuiteRow, type SuiteRun } from '../../companions/kvsched/suite.ts';
import { suiteFigures } from '../../companions/kvsched/suite-figures.ts';
import { readSuiteIndex, suiteRecord, writeSuiteIndex } from '../../companions/kvsched/suite-index.ts';
import { renderPicture } from '../../report/chart/render.ts';
import { documentFile } from '../../study/io/package-file.ts';
import { refuseOddFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';

const DEFAULT_INDEX = 'results/aggregated/suite_index.csv';

export const suiteCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('suite', {
        type: 'string',
        default: 'studies/kvsched/suite.yaml',
        describe: 'suite file; default: shipped',
      })
      .option('base', { type: 'string', describe: 'base scenario; default: the built-in one' })
      .option('out', { type: 'string', default: 'results/raw', describe: 'folder for the summary.json files' })
      .option('index', { type: 'string', default: DEFAULT_INDEX, describe: 'CSV with a row per run' })
      .option('fail-fast', { type: 'boolean', describe: 'stop at the first run that fails' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the index as JSON' })
      .example('$0 kvsched suite', 'six questions, with several settings each'),
  run: async (flags) => {
    const file = requiredText(flags, 'index');
    refuseOddFile(file);
    const runs = planSuite(documentFile(requiredText(flags, 'suite')), textFlag(flags, 'base') ?? null);
    const progress = new Progress('runs', runs.length, switchFlag(flags, 'quiet'));
    const rows: SuiteRow[] = [];
    const [out, failFast] = [requiredText(flags, 'out'), switchFlag(flags, 'fail-fast')];
    for (const [index, run] of runs.entries()) {
      const row = attempt(run, out, failFast);
      if (row !== null) rows.push(row);
      progress.update(index + 1);
      await breathe();
    }
    progress.end();
    if (rows.length === 0) throw new InputError('no run succeeded; nothing was indexed');
    writeSuiteIndex(file, rows);
    if (switchFlag(flags, 'json')) printJson('kvsched suite', rows.map(suiteRecord));
    else process.stdout.write(`${rows.length} of ${runs.length} runs in ${file}\n`);
    return rows.length === runs.length ? EXIT.ok : EXIT.failure;
  },
};

/** The row of a run; null where it failed, which is told. @throws InputError when that ends the suite */
function attempt(run: SuiteRun, out: string, failFast: boolean): SuiteRow | null {
  try {
    return runOfSuite(run, out);
  } catch (error) {
    if (!(error instanceof InputError) || failFast) throw error;
    const name = `${run.experiment} ${run.sweep.label} ${run.scheduler} seed=${run.seed}`;
    for (const line of describeInputError(error).split('\n')) process.stderr.write(`[ERROR] ${name}: ${line}\n`);
    return null;
  }
}

export const suitePlotsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('suite-index', { type: 'string', default: DEFAULT_INDEX, describe: 'index that `suite` wrote' })
      .option('out', { type: 'string', default: 'results/figures_s1s6', describe: 'folder for the figures' })
      .option('title-prefix', { type: 'string', default: '', describe: 'words before every title' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the paths as JSON' }),
  run: async (flags) => {
    const figures = suiteFigures(readSuiteIndex(requiredText(flags, 'suite-index')), textFlag(flags, 'title-prefix')!);
    const progress = new Progress('figures', figures.length, switchFlag(flags, 'quiet'));
    const onFigure = (done: number): void => progress.update(done);
    const written = await writeFigures(requiredText(flags, 'out'), figures, renderPicture, onFigure);
    progress.end();
    if (switchFlag(flags, 'json')) printJson('kvsched plots-s1s6', written);
    else process.stdout.write(written.map((file) => `${file}\n`).join(''));
    return EXIT.ok;
  },
};
