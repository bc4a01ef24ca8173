import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { formatNumber, formatPercent } from '../../report/format.ts';
import { comparePoint, type PointCheck } from '../../study/crosscheck.ts';
import { openEvaluator } from '../../study/io/open-evaluator.ts';
import { type RecordedStudy, readRecorded } from '../../study/io/study-session.ts';
import { joinReplicates } from '../../study/trial.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { fitted } from '../terminal/table.ts';
import { checkedPoints } from './crosscheck-points.ts';
import { type Elsewhere, elsewhere } from './crosscheck-setups.ts';

export const crosscheckCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('with', {
        type: 'string',
        describe:
          'blis=PROGRAM: BLIS itself; command=FILE, http=FILE: a strategy for that simulator with the same parameters; http=URL: a server as it stands',
      })
      .option('point', {
        type: 'string',
        array: true,
        describe: 'trial number, `knee`, `best:METRIC`, `recommended` or `baseline`; may be repeated',
        defaultDescription: 'knee',
      })
      .option('json', { type: 'boolean', describe: 'print the differences as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 crosscheck runs/quickstart --with blis=./blis --point knee', 'the same point and seeds in BLIS')
      .example('$0 crosscheck runs/a --with command=bench.yaml --point 3 7', 'two points by a program of yours'),
  run: async (flags) => {
    const folder = requiredText(flags, 'dir');
    const target = requiredText(flags, 'with');
    const recorded = await readRecorded(folder);
    if (recorded.plan.regimes !== undefined) {
      throw new InputError('crosscheck knows one workload, but this study has several', { path: ['workloads'] });
    }
    const points = checkedPoints(recorded, (flags['point'] as readonly string[] | undefined) ?? ['knee']);
    const other = await elsewhere(recorded.plan, points, target);
    const checks = await measured(folder, recorded, other, switchFlag(flags, 'quiet'));
    const untold = recorded.plan.objectives.filter(({ metric }) => !other.metrics.some(({ name }) => name === metric));
    const result = { study: recorded.plan.name, plan: recorded.plan.hash, with: target, points: checks };
    if (switchFlag(flags, 'json')) printJson('crosscheck', result);
    else process.stdout.write(checks.map((check) => pointText(check, target)).join('\n'));
    for (const { metric } of untold) process.stderr.write(`paretune: ${shortText(metric)} is not told there\n`);
    return checks.every(({ outcome }) => outcome === 'measured') ? EXIT.ok : EXIT.failure;
  },
};

async function measured(
  folder: string,
  { plan }: RecordedStudy,
  { setups, points, metrics }: Elsewhere,
  quiet: boolean,
): Promise<readonly PointCheck[]> {
  const evaluator = await openEvaluator(setups, { workers: 1, logFolder: join(folder, 'logs') });
  const total = points.reduce((sum, { replicates }) => sum + replicates.length, 0);
  const progress = new Progress('evaluations', total, quiet);
  let done = 0;
  const evaluate = async (setup: number, seed: number) => {
    const outcome = await evaluator.evaluate({ setup, values: points[setup]!.values, seed });
    progress.update(++done, points[setup]!.name);
    return outcome;
  };
  try {
    const checks = points.map(async (point, setup) => {
      const seeds = point.replicates.map(({ seed }) => seed);
      const outcomes = await Promise.all(seeds.map((seed) => evaluate(setup, seed)));
      const known = metrics.filter(({ name }) => plan.metrics.some((one) => one.name === name));
      return comparePoint(point, joinReplicates(seeds, outcomes), known);
    });
    return await Promise.all(checks);
  } finally {
    progress.end();
    await evaluator.close();
  }
}

function pointText(check: PointCheck, target: string): string {
  const head = `${check.name} with ${target}`;
  if (check.outcome !== 'measured') return `${head}: ${check.outcome}, ${check.reason}\n`;
  const rows = check.metrics.map(({ metric, unit, recorded, elsewhere: there, difference, low, high, relative }) => [
    metric,
    unit,
    formatNumber(recorded),
    formatNumber(there),
    formatNumber(difference),
    relative === null ? '–' : formatPercent(relative),
    low === null || high === null ? '–' : `${formatNumber(low)} … ${formatNumber(high)}`,
  ]);
  const columns = ['metric', 'unit', 'recorded', 'elsewhere', 'difference', 'change', '95 % interval'];
  return `${[head, ...fitted([columns, ...rows])].join('\n')}\n`;
}
