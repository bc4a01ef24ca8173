import { InputError } from '../../base/errors.ts';
import { catalogueOf } from '../../connect/epp/catalogue.ts';
import { readPickerFile } from '../../connect/epp/read-picker-file.ts';
import { placed, type YamlSource } from '../../document/yaml.ts';
import type { WorkloadSpec } from '../../simulators/workload/workload-spec.ts';
import { loadExperiment } from '../../study/io/load-experiment.ts';
import { documentKind, loadStudySources } from '../../study/io/load-study.ts';
import { documentFile } from '../../study/io/package-file.ts';
import type { PolicyTrust } from '../../study/io/policy-trust.ts';
import { planOf } from '../../study/io/study-session.ts';
import { withWorkloadData } from '../../study/io/workload-data.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { describePlan } from '../../study/plan/describe-plan.ts';
import { parseSearchSpace } from '../../study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../study/plan/strategy-file.ts';
import { holesOf } from '../../study/plan/template.ts';
import { warmStartNotes } from '../../study/warm-start.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { deployWarnings } from './deployable.ts';
import { noteOutside, trustFlag, trustOf } from './policy-trust.ts';

interface Checked {
  readonly kind: string;
  readonly summary: string;
}

export const checkCommand: LoadedCommand = {
  build: (parser) =>
    trustFlag(parser)
      .positional('file', {
        type: 'string',
        describe: 'study, experiment, strategy, search-space or workload: a file, or a name from `paretune list`',
      })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .example('$0 check studies/quickstart.yaml', 'read everything the study names, simulate nothing'),
  run: async (flags) => {
    const file = requiredText(flags, 'file');
    const checked = await check(documentFile(file), trustOf(flags));
    if (switchFlag(flags, 'json')) printJson('check', { file, ok: true, ...checked });
    else process.stdout.write(`${file}: valid ${checked.kind}: ${checked.summary}\n`);
    return EXIT.ok;
  },
};

function workloadSummary({ recorded }: WorkloadSpec): string {
  if (recorded === undefined) return 'request workload';
  const seconds = (recorded.rows.at(-1)?.arrivalTimeUs ?? 0) / 1e6 / recorded.rateFactor;
  return `trace of ${recorded.rows.length} requests in ${Number(seconds.toPrecision(4))} s`;
}

async function checkStudy(file: string, trust: PolicyTrust): Promise<string> {
  const sources = loadStudySources(file);
  const plan = await planOf(sources, trust);
  noteOutside(sources);
  for (const line of [...deployWarnings(plan), ...warmStartNotes(plan)])
    process.stderr.write(`paretune: warning: ${line}\n`);
  return describePlan(plan);
}

function checkStrategy(source: YamlSource): string {
  const { template, space } = placed(source, 0, () => parseStrategyFile(source.value));
  const own = space === null ? '' : `, ${space.parameters.length} parameters`;
  return `${template.name} for simulator ${template.simulator}, holes ${holesOf(template.config).join(', ') || 'none'}${own}`;
}

function checkPicker({ text, file }: YamlSource): string {
  const { warnings, routing } = readPickerFile(text, file, catalogueOf());
  for (const line of warnings) process.stderr.write(`paretune: warning: ${line}\n`);
  const lost = routing.leftOut.length === 0 ? '' : `; not simulated: ${routing.leftOut.join(', ')}`;
  return `${routing.disaggregated ? 'prefill and decode profiles' : 'one profile'}${lost}`;
}

async function check(file: string, trust: PolicyTrust): Promise<Checked> {
  const source = readYamlFile(file);
  const kind = documentKind(source);
  switch (kind) {
    case 'study':
      return { kind, summary: await checkStudy(file, trust) };
    case 'experiment': {
      const { spec, policies } = await loadExperiment(file, trust);
      noteOutside({ policies });
      return { kind, summary: `${spec.name}: ${Object.keys(spec.arms).length} arms × ${spec.seeds.length} seeds` };
    }
    case 'strategy':
      return { kind, summary: checkStrategy(source) };
    case 'space': {
      const space = placed(source, 0, () => parseSearchSpace(source.value));
      return {
        kind: 'search space',
        summary: space.parameters.map(({ name, kind: type }) => `${name} (${type})`).join(', '),
      };
    }
    case 'workload': {
      const { parseWorkloadDocument } = await import('../../simulators/workload/workload-document.ts');
      const { source: workload } = withWorkloadData(source);
      const spec = placed(workload, 0, () => parseWorkloadDocument(workload.value));
      return { kind, summary: workloadSummary(spec) };
    }
    case 'endpoint-picker':
      return { kind: 'file of llm-d’s router', summary: checkPicker(source) };
    case 'unknown':
      throw new InputError('is neither a study nor an experiment, strategy, search space or workload', {
        position: { file, line: 1, column: 1 },
        suggestion:
          'a study has `strategy` and `objectives`, a strategy `simulator` and `config`, a search space `parameters`, a workload `clients`',
      });
    default:
      return kind satisfies never;
  }
}
