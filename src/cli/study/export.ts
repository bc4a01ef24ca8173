import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { formatYaml } from '../../document/yaml.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import { toBlis } from '../../study/export/export-blis.ts';
import { toEndpointPickerConfig } from '../../study/export/export-epp.ts';
import { paretoFront, shortList } from '../../study/front.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import { type RecordedStudy, readRecorded } from '../../study/io/study-session.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { instantiate } from '../../study/plan/template.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, textFlag } from '../terminal/flags.ts';
import { exportedTable, TABLES, writeExport } from './export-table.ts';

export const exportCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('as', {
        choices: ['blis', 'epp', 'csv', 'arrow'],
        describe:
          'blis: shell script that runs a point in BLIS; epp: its EndpointPickerConfig of llm-d; csv, arrow: a table of the whole run',
        default: 'blis',
      })
      .option('point', {
        type: 'string',
        describe: 'blis, epp: trial number, `knee` or `baseline`',
        defaultDescription: 'knee',
      })
      .option('table', {
        choices: TABLES,
        describe:
          'csv, arrow: trials (a row each, as trials.csv), replicates (a row per simulation), summary (spread over seeds by trial and metric)',
        defaultDescription: 'trials',
      })
      .option('out', { type: 'string', describe: 'file to write', defaultDescription: 'stdout' })
      .example('$0 export runs/quickstart --point knee --as blis', 'command line, policy file and workload for BLIS')
      .example(
        '$0 export runs/quickstart --as arrow --table replicates --out r.arrow',
        'for pandas, polars, DuckDB, R',
      ),
  run: async (flags) => {
    const as = textFlag(flags, 'as') ?? 'blis';
    const out = textFlag(flags, 'out') ?? null;
    const isTable = as === 'csv' || as === 'arrow';
    refuseIdle(flags, isTable ? 'point' : 'table', as);
    const recorded = await readRecorded(requiredText(flags, 'dir'));
    if (isTable) writeExport(out, await exportedTable(recorded, textFlag(flags, 'table') ?? 'trials', as));
    else writeExport(out, exportedPoint(recorded, textFlag(flags, 'point') ?? 'knee', as));
    return EXIT.ok;
  },
};

function refuseIdle(flags: Flags, flag: string, as: string): void {
  if (textFlag(flags, flag) === undefined) return;
  throw new InputError(`--${flag} says nothing to --as ${as}`, {
    suggestion:
      flag === 'point' ? 'tables hold every trial; leave it out' : 'tables are written by --as csv and --as arrow',
  });
}

function exportedPoint(recorded: RecordedStudy, id: string, as: string): string {
  const { plan } = recorded;
  const point = pointOf(recorded, id);
  const strategy = {
    simulator: plan.simulator,
    policies: plan.policies,
    config: instantiate(plan.template, plan.space, point.values),
  };
  const origin = [
    `# paretune ${packageVersion()}, study ${plan.name}, ${point.name}`,
    `# plan ${plan.hash}`,
    `# objectives: ${plan.objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', ')}`,
  ].join('\n');
  if (as === 'blis') return blisScript(plan, toBlis(strategy), origin);
  const config = formatYaml(toEndpointPickerConfig(strategy));
  return `${origin}\n# for llm-d router v0.10; weights mean the same in any common multiple\n${config}`;
}

function pointOf(
  { plan, state }: RecordedStudy,
  id: string,
): { readonly name: string; readonly values: ParameterValues } {
  if (id === 'baseline' && plan.baseline !== null) return { name: 'baseline', values: plan.baseline };
  const trial =
    id === 'knee'
      ? shortList(plan, paretoFront(plan, state.trials), 1)[0]
      : state.trials.find(({ number }) => String(number) === id);
  if (trial === undefined) {
    throw new InputError(`--point: the run has no point ${shortText(id)}`, {
      suggestion: `a trial number below ${state.trials.length}, knee or baseline`,
    });
  }
  return { name: `trial ${trial.number}`, values: trial.values };
}

function blisScript(plan: StudyPlan, { flags, policy }: ReturnType<typeof toBlis>, origin: string): string {
  const file = (name: string, content: unknown): string => `cat > ${name} <<'END'\n${formatYaml(content)}END\n`;
  const words = flags.map(([flag, value]) => (value === null ? flag : `${flag} ${quoted(value)}`));
  if (policy !== null) words.push('--policy-config policy.yaml');
  words.push('--workload-spec workload.yaml', `--seed ${plan.seeds[0]}`);
  return `#!/bin/sh\n${origin}\n# seeds of the study: ${plan.seeds.join(', ')}\n${
    policy === null ? '' : file('policy.yaml', policy)
  }${file('workload.yaml', plan.workload)}blis run ${words.join(' \\\n  ')}\n`;
}

/** Safe in a shell. */
function quoted(value: string): string {
  return /^[\w./:=,+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
