import { amongBestText, constraintLine, r2Text, trendText } from '../../report/page/sensitivity-section.ts';
import type { StudyReport } from '../../report/study-report.ts';
import { writeReport } from '../../report/write-report.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import { readRecorded } from '../../study/io/study-session.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { fitted, terminalWidth, wrapped } from '../terminal/table.ts';
import { frontTable, printSummary } from './summary.ts';
import { warnOfTornLine } from './torn-line.ts';

async function reportOf(folder: string): Promise<StudyReport> {
  const { plan, state, torn } = await readRecorded(folder);
  warnOfTornLine(folder, torn);
  const { buildReport } = await import('../../report/build-report.ts');
  return buildReport(plan, state, packageVersion());
}

export const reportCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run, finished or not' })
      .option('json', { type: 'boolean', describe: 'print the report as JSON instead of a summary' })
      .example('$0 report runs/quickstart', 'write trials.csv, report.json and report.html again'),
  run: async (flags) => {
    const folder = requiredText(flags, 'dir');
    const report = await reportOf(folder);
    const files = await writeReport(folder, report);
    if (switchFlag(flags, 'json')) printJson('report', report);
    else printSummary(report, files);
    return EXIT.ok;
  },
};

export const paretoCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('json', { type: 'boolean', describe: 'print the front as JSON' })
      .example('$0 pareto runs/quickstart --json', 'feed the front to another program'),
  run: async (flags) => {
    const report = await reportOf(requiredText(flags, 'dir'));
    if (switchFlag(flags, 'json')) {
      const points = report.front.map((number) => report.trials[number]!);
      printJson('pareto', { objectives: report.objectives, shortList: report.shortList, points });
    } else {
      process.stdout.write(`${[...report.notes.flatMap((note) => wrapped(note)), ...frontTable(report)].join('\n')}\n`);
    }
    return report.front.length === 0 ? EXIT.nothingFeasible : EXIT.ok;
  },
};

export const sensitivityCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('json', { type: 'boolean', describe: 'print the indices as JSON' })
      .example('$0 sensitivity runs/quickstart', 'which parameters matter, and their good ranges'),
  run: async (flags) => {
    const report = await reportOf(requiredText(flags, 'dir'));
    if (switchFlag(flags, 'json')) printJson('sensitivity', report.sensitivity);
    else process.stdout.write(`${sensitivityLines(report).join('\n')}\n`);
    return EXIT.ok;
  },
};

function sensitivityLines({ sensitivity, surrogates }: StudyReport): string[] {
  const constraints = surrogates.filter(({ role }) => role === 'constraint');
  const warnings = surrogates.flatMap(({ warning }) => (warning === undefined ? [] : wrapped(warning)));
  const quality = constraints.length === 0 ? [] : wrapped(constraintLine(constraints));
  return [...sensitivity.flatMap(sensitivityText), ...quality, ...warnings.map((line) => pc.yellow(line))];
}

function sensitivityText(objective: StudyReport['sensitivity'][number]): string[] {
  const index = ({ value, low, high }: { value: number; low: number; high: number }): string =>
    `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
  const rows = objective.rows.map((row) => [
    row.parameter,
    index(row.first),
    index(row.total),
    amongBestText(row),
    row.mainEffect === null ? '–' : row.mainEffect.toFixed(2),
    trendText(row),
    row.flat ? 'flat' : '',
  ]);
  const ranges = objective.rows.map(({ parameter, goodRange }) => [parameter, goodRange]);
  return [
    `${objective.metric} (surrogate: leave-one-out R² ${r2Text(objective.surrogateR2)})`,
    ...fitted([['parameter', 'first order', 'total', 'among the best', 'main effect', 'trend R²', ''], ...rows]),
    '',
    ...wrapped(`good ranges for ${objective.metric} (the best predicted tenth of the space)`),
    ...ranges.flatMap(([parameter, range]) => wrapped(`  ${parameter}: ${range}`, terminalWidth(), '    ')),
    '',
  ];
}
