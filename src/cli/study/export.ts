import { join } from 'node:path';
import { InputError, inputErrors } from '../../base/errors.ts';
import {
  EXPORT_FILES,
  EXPORT_TARGETS,
  type ExportedTarget,
  type ExportTarget,
  exportTarget,
} from '../../connect/deploy/export-target.ts';
import { ROUTER_VERSIONS } from '../../connect/epp/catalogue.ts';
import { optunaJournal } from '../../report/optuna-journal.ts';
import { type RecordedStudy, readRecorded } from '../../study/io/study-session.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { exportRequest } from './export-point.ts';
import { exportedTable, TABLE_FORMATS, TABLES, type TableFormat, writeExport } from './export-table.ts';
import { warnOfTornLine } from './torn-line.ts';

/** The whole run, not a point of it. */
const RUN_FORMATS: readonly string[] = [...TABLE_FORMATS, 'optuna'];

export const exportCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('as', {
        type: 'string',
        choices: [...EXPORT_TARGETS, ...RUN_FORMATS],
        describe:
          'blis: shell script that runs the point in BLIS; epp: EndpointPickerConfig of llm-d; vllm: `vllm serve` lines; helm-values: values for the charts of llm-d; configmap: the EPP file in a ConfigMap; json: the point with its configuration; csv, arrow, parquet: a table of the whole run; optuna: the run as a journal for optuna and optuna-dashboard. May be repeated',
        defaultDescription: 'blis',
      })
      .option('point', {
        type: 'string',
        describe: 'trial number, `knee`, `best:METRIC`, `recommended` or `baseline`',
        defaultDescription: 'knee',
      })
      .option('router-version', {
        choices: ROUTER_VERSIONS,
        describe: 'epp, helm-values, configmap: version of llm-d’s router to check against',
        defaultDescription: ROUTER_VERSIONS[0]!,
      })
      .option('force', { type: 'boolean', describe: 'also a point that breaks a constraint, on tuning or fresh seeds' })
      .option('allow-partial', { type: 'boolean', describe: 'write what can be expressed, and list the rest' })
      .option('table', {
        choices: TABLES,
        describe:
          'csv, arrow, parquet: trials (a row each, as trials.csv), replicates (a row per simulation), summary (spread over seeds by trial and metric)',
        defaultDescription: 'trials',
      })
      .option('out', {
        type: 'string',
        describe: 'file to write; a folder where --as is repeated',
        defaultDescription: 'stdout',
      })
      .example('$0 export runs/quickstart --point knee --as blis', 'command line, policy file and workload for BLIS')
      .example(
        '$0 export runs/a --as epp --as vllm --as helm-values --out deploy/',
        'all that a cluster needs, from one point',
      )
      .example(
        '$0 export runs/quickstart --as arrow --table replicates --out r.arrow',
        'for pandas, polars, DuckDB, R',
      ),
  run: async (flags) => {
    const targets = [...new Set([flags['as'] ?? 'blis'].flat() as string[])];
    const out = textFlag(flags, 'out') ?? null;
    const whole = targets.find((one) => RUN_FORMATS.includes(one)) as TableFormat | 'optuna' | undefined;
    if (whole !== undefined && targets.length > 1) {
      throw new InputError(`--as ${whole} is the whole run: ask for it by itself`);
    }
    const ofPoints = whole === undefined ? [] : ['point', 'router-version', 'allow-partial', 'force'];
    refuseIdle(flags, [...ofPoints, ...(isTable(whole) ? [] : ['table'])], targets[0]!);
    const folder = requiredText(flags, 'dir');
    const recorded = await readRecorded(folder);
    warnOfTornLine(folder, recorded.torn);
    if (isTable(whole)) {
      writeExport(out, await exportedTable(recorded, textFlag(flags, 'table') ?? 'trials', whole));
    } else if (whole === 'optuna') {
      writeExport(out, optunaJournal(recorded.plan, recorded.state.trials));
    } else exportPoint(recorded, targets as ExportTarget[], out, flags);
    return EXIT.ok;
  },
};

function isTable(format: TableFormat | 'optuna' | undefined): format is TableFormat {
  return format !== undefined && format !== 'optuna';
}

function refuseIdle(flags: Flags, names: readonly string[], as: string): void {
  const flag = names.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (flag === undefined) return;
  throw new InputError(`--${flag} says nothing to --as ${as}`, {
    suggestion:
      flag === 'table'
        ? `tables are written by ${TABLE_FORMATS.map((one) => `--as ${one}`).join(', ')}`
        : 'it holds every trial; leave it out',
  });
}

function exportPoint(
  recorded: RecordedStudy,
  targets: readonly ExportTarget[],
  out: string | null,
  flags: Flags,
): void {
  const request = exportRequest(recorded, {
    point: textFlag(flags, 'point') ?? 'knee',
    routerVersion: textFlag(flags, 'router-version') ?? ROUTER_VERSIONS[0]!,
    evenIfBroken: switchFlag(flags, 'force'),
  });
  const exported = targets.map((target) => ({ target, ...exportTarget(target, request) }));
  const partial = exported.filter(({ leftOut }) => leftOut.length > 0);
  if (partial.length > 0 && !switchFlag(flags, 'allow-partial')) throw inputErrors(partial.flatMap(refusals));
  for (const { target, leftOut } of partial) {
    for (const one of leftOut) process.stderr.write(`paretune: --as ${target} leaves out ${one}\n`);
  }
  if (out !== null && targets.length > 1) {
    for (const { target, text } of exported) writeTextFile(join(out, EXPORT_FILES[target]), text);
  } else if (out !== null) writeTextFile(out, exported[0]!.text);
  else process.stdout.write(exported.map(({ text }) => text).join('\n'));
}

function refusals({ target, leftOut }: ExportedTarget & { readonly target: ExportTarget }): readonly InputError[] {
  return leftOut.map(
    (one) =>
      new InputError(`cannot express ${one}`, {
        path: [`--as ${target}`],
        suggestion: '--allow-partial writes the rest',
      }),
  );
}
