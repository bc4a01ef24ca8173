import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { compareRegime, REGIMES, type RegimeResult } from '../../companions/gpu-jobs/engine-regimes.ts';
import { regimesPage, regimesPicture } from '../../companions/gpu-jobs/engine-regimes-page.ts';
import { formatPercent } from '../../report/format.ts';
import { writePicture } from '../../report/write-picture.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { textTable } from '../terminal/table.ts';

export const regimesJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('out', { type: 'string', default: 'reports/gpu-jobs-regimes', describe: 'folder of the page' })
      .option('requests', { type: 'number', default: 300, describe: 'requests of each trace' })
      .option('seeds', { type: 'number', default: 5, describe: 'seeds 1 … n, the same for both engines' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the compared regimes as JSON' })
      .example('$0 gpu-jobs regimes --out runs/regimes', 'where the token engine may stand for the cluster simulator'),
  run: async (flags) => {
    const out = requiredText(flags, 'out');
    const requests = integerFlag(flags, 'requests', 10, 100_000)!;
    const seeds = Array.from({ length: integerFlag(flags, 'seeds', 2, 1000)! }, (_, index) => index + 1);
    const progress = new Progress('regimes', REGIMES.length, switchFlag(flags, 'quiet'));
    const results: RegimeResult[] = [];
    for (const regime of REGIMES) {
      results.push(compareRegime(regime, { requests, seeds }));
      progress.update(results.length);
      await breathe();
    }
    progress.end();
    writePicture(out, 'regimes', await regimesPicture(results));
    writeTextFile(join(out, 'README.md'), regimesPage(results, { requests, seeds }));
    const document = results.map(({ regime: { validation: _, ...regime }, ...rest }) => ({ ...regime, ...rest }));
    if (switchFlag(flags, 'json')) printJson('gpu-jobs regimes', document);
    else process.stdout.write(`${listing(results)}page → ${join(out, 'README.md')}\n`);
    return EXIT.ok;
  },
};

function listing(results: readonly RegimeResult[]): string {
  const head = ['step times', 'KV blocks', 'requests/s', 'E2E mean', 'TTFT P99', 'preempted', ''];
  const body = results.map(({ regime, e2eMean, ttftP99, preemptions, agrees }) => [
    ...[regime.validation.stepTimes, String(regime.blocks), String(regime.rate)],
    ...[
      formatPercent(e2eMean.value, 1),
      formatPercent(ttftP99.value, 1),
      preemptions.toFixed(1),
      agrees ? 'agree' : '',
    ],
  ]);
  return textTable(head, body, 1);
}
