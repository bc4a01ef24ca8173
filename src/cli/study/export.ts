import { stringify } from 'yaml';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import { toBlis } from '../../study/export/export-blis.ts';
import { toEndpointPickerConfig } from '../../study/export/export-epp.ts';
import { paretoFront, shortList } from '../../study/front.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import { type RecordedStudy, readRecorded } from '../../study/io/study-session.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { instantiate } from '../../study/plan/template.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, textFlag } from '../terminal/flags.ts';

export const exportCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('point', { type: 'string', describe: 'trial number, `knee` or `baseline`', default: 'knee' })
      .option('as', {
        choices: ['blis', 'epp'],
        describe: 'blis: shell script that runs it in BLIS; epp: EndpointPickerConfig of llm-d',
        default: 'blis',
      })
      .example('$0 export runs/quickstart --point knee --as blis', 'command line, policy file and workload for BLIS'),
  run: async (flags) => {
    const recorded = await readRecorded(requiredText(flags, 'dir'));
    const { plan } = recorded;
    const point = pointOf(recorded, textFlag(flags, 'point') ?? 'knee');
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
    process.stdout.write(
      textFlag(flags, 'as') === 'epp'
        ? `${origin}\n# for llm-d router v0.10; weights mean the same in any common multiple\n${stringify(toEndpointPickerConfig(strategy))}`
        : blisScript(plan, toBlis(strategy), origin),
    );
    return EXIT.ok;
  },
};

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
  const file = (name: string, content: unknown): string =>
    `cat > ${name} <<'END'\n${stringify(content, { lineWidth: 0 })}END\n`;
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
