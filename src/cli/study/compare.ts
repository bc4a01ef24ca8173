import { InputError } from '../../base/errors.ts';
import { formatChange, formatNumber, formatValue } from '../../report/format.ts';
import { checkText } from '../../report/page/change-text.ts';
import { type ComparedRow, type ComparedStage, compareRuns, type RunComparison } from '../../report/run-comparison.ts';
import type { CheckRow } from '../../report/study-report.ts';
import { readRecorded } from '../../study/io/study-session.ts';
import { nameOfTrial } from '../../study/named-trial.ts';
import type { PairedPoint } from '../../study/pairable.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { fitted, wrapped } from '../terminal/table.ts';
import { warnOfTornLine } from './torn-line.ts';
import { trialByName } from './trial-by-name.ts';

export const compareCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('a', { type: 'string', describe: 'folder of a run' })
      .positional('b', { type: 'string', describe: 'folder of another run, or of the same one' })
      .option('point', {
        type: 'string',
        array: true,
        describe:
          'trial number, `recommended`, `knee`, `best:METRIC` or `baseline`: one for both runs, or one for each in their order',
        defaultDescription: 'recommended',
      })
      .option('json', { type: 'boolean', describe: 'print the comparison as JSON, tuning and fresh seeds apart' })
      .example('$0 compare runs/a runs/b', 'the recommended points of two runs, seed by seed')
      .example('$0 compare runs/a runs/a --point baseline 12', 'two points of one run'),
  run: async (flags) => {
    const [first, second] = pointsOf(flags);
    const a = await comparedPoint(requiredText(flags, 'a'), first);
    const b = await comparedPoint(requiredText(flags, 'b'), second);
    const comparison = compareRuns(a, b);
    for (const one of comparison.leftOut) process.stderr.write(`paretune: not compared: ${one}\n`);
    if (switchFlag(flags, 'json')) printJson('compare', comparison);
    else process.stdout.write(`${comparisonLines(comparison).join('\n')}\n`);
    return EXIT.ok;
  },
};

function pointsOf(flags: Flags): readonly [string, string] {
  const given = (flags['point'] as readonly string[] | undefined) ?? ['recommended'];
  if (given.length > 2) {
    throw new InputError(`--point takes one point for both runs or one for each, got ${given.length}`);
  }
  return [given[0]!, given[1] ?? given[0]!];
}

async function comparedPoint(folder: string, id: string): Promise<PairedPoint> {
  const run = await readRecorded(folder);
  warnOfTornLine(folder, run.torn);
  try {
    const trial = trialByName(run, id);
    return { run: folder, name: nameOfTrial(trial, id), plan: run.plan, trial };
  } catch (error) {
    throw error instanceof InputError ? error.at({ position: { file: folder } }) : error;
  }
}

function comparisonLines(comparison: RunComparison): string[] {
  const { a, b, stages, parameters } = comparison;
  const side = (letter: string, { run, study, point }: RunComparison['a']): string =>
    `${letter}  ${run}: ${study}, ${point}`;
  return [
    ...wrapped(side('A', a), undefined, '   '),
    ...wrapped(side('B', b), undefined, '   '),
    ...stageLines(stages[0]!),
    ...(parameters.length === 0 ? ['', 'The points have the same parameters.'] : ['', pc.bold('What differs')]),
    ...fitted([
      ...(parameters.length === 0 ? [] : [['parameter', 'A', 'B']]),
      ...parameters.map((row) => [row.name, formatValue(row.a), formatValue(row.b)]),
    ]),
  ];
}

function stageLines(stage: ComparedStage): string[] {
  const { a, b } = stage.constraints;
  const bounds = [...a.map((row) => boundLine('A', row)), ...b.map((row) => boundLine('B', row))];
  return [
    '',
    ...wrapped(`Paired on ${stageText(stage)}; B against A, 95 % intervals`).map((line) => pc.bold(line)),
    ...fitted([
      ['metric', 'unit', 'A', 'B', 'change', 'verdict', 'interval', 'difference'],
      ...stage.rows.map(rowCells),
    ]),
    ...(bounds.length === 0 ? [] : ['', pc.bold('Constraints on these seeds')]),
    ...bounds.flatMap((line) => wrapped(line, undefined, '   ')),
  ];
}

function boundLine(letter: string, row: CheckRow): string {
  return `${letter}  ${row.met ? 'holds' : 'BREAKS'} ${row.text}: ${checkText(row)}`;
}

function stageText({ kind, seeds }: ComparedStage): string {
  const list = `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')}`;
  return kind === 'fresh' ? `fresh ${list}` : `${list}, on which points were chosen: a chosen point looks better there`;
}

function rowCells({ metric, unit, a, b, change, verdict, difference }: ComparedRow): string[] {
  const { scale, value, low, high } = change;
  return [
    metric,
    unit === '1' ? '' : unit,
    formatNumber(a),
    formatNumber(b),
    formatChange(scale, value),
    verdict,
    low === null || high === null ? '–' : `[${formatChange(scale, low)}, ${formatChange(scale, high)}]`,
    formatChange('difference', difference.value),
  ];
}
