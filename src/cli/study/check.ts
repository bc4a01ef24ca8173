import { InputError } from '../../base/errors.ts';
import { placed } from '../../document/yaml.ts';
import type { WorkloadSpec } from '../../simulators/workload/workload-spec.ts';
import { loadExperiment } from '../../study/io/load-experiment.ts';
import { documentKind, loadStudySources } from '../../study/io/load-study.ts';
import { documentFile } from '../../study/io/package-file.ts';
import { planOf } from '../../study/io/study-session.ts';
import { withWorkloadData } from '../../study/io/workload-data.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { parseSearchSpace } from '../../study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../study/plan/strategy-file.ts';
import { describePlan } from '../../study/plan/study-plan.ts';
import { holesOf } from '../../study/plan/template.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';

interface Checked {
  readonly kind: string;
  readonly summary: string;
}

export const checkCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('file', {
        type: 'string',
        describe: 'study, experiment, strategy, search-space or workload: a file, or a name from `paretune list`',
      })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .example('$0 check studies/quickstart.yaml', 'read everything the study names, simulate nothing'),
  run: async (flags) => {
    const file = requiredText(flags, 'file');
    const checked = await check(documentFile(file));
    process.stdout.write(
      switchFlag(flags, 'json')
        ? `${JSON.stringify({ file, ok: true, ...checked })}\n`
        : `${file}: valid ${checked.kind}: ${checked.summary}\n`,
    );
    return EXIT.ok;
  },
};

function workloadSummary({ recorded }: WorkloadSpec): string {
  if (recorded === undefined) return 'request workload';
  const seconds = (recorded.rows.at(-1)?.arrivalTimeUs ?? 0) / 1e6 / recorded.rateFactor;
  return `trace of ${recorded.rows.length} requests in ${Number(seconds.toPrecision(4))} s`;
}

async function check(file: string): Promise<Checked> {
  const source = readYamlFile(file);
  const kind = documentKind(source);
  switch (kind) {
    case 'study':
      return { kind, summary: describePlan(await planOf(loadStudySources(file))) };
    case 'experiment': {
      const { spec } = await loadExperiment(file);
      return { kind, summary: `${spec.name}: ${Object.keys(spec.arms).length} arms × ${spec.seeds.length} seeds` };
    }
    case 'strategy': {
      const { template, space } = placed(source, 0, () => parseStrategyFile(source.value));
      const own = space === null ? '' : `, ${space.parameters.length} parameters`;
      return {
        kind,
        summary: `${template.name} for simulator ${template.simulator}, holes ${holesOf(template.config).join(', ') || 'none'}${own}`,
      };
    }
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
