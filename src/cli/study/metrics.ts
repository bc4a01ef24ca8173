import { type MetricGroup, metricsMarkdown } from '../../report/metric-table.ts';
import { createSimulator, simulatorNames } from '../../simulators/registry.ts';
import { CAPACITY } from '../../study/plan/plan-measurement.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { wrapped } from '../terminal/table.ts';

export const metricsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('json', { type: 'boolean', describe: 'print as JSON' })
      .option('markdown', { type: 'boolean', describe: 'print as the page docs/metrics.md' })
      .example('$0 metrics', 'keys for objectives and constraints, with unit and definition'),
  run: async (flags) => {
    const groups = await metricGroups();
    if (switchFlag(flags, 'json')) printJson('metrics', groups);
    else if (switchFlag(flags, 'markdown')) process.stdout.write(metricsMarkdown(groups));
    else process.stdout.write(`${groups.map(groupText).join('\n\n')}\n`);
    return EXIT.ok;
  },
};

/** Every metric key: of studies, then of each backend. */
export async function metricGroups(): Promise<readonly MetricGroup[]> {
  const backends = await Promise.all(simulatorNames().map((name) => createSimulator(name)));
  return [
    { title: 'studies with the key `capacity`', metrics: [CAPACITY] },
    ...backends.map(({ name, vocabulary = [] }) => ({ title: `simulator ${name}`, metrics: vocabulary })),
  ];
}

function groupText({ title, metrics }: MetricGroup): string {
  const lines = metrics.flatMap(({ name, unit, better, description }) =>
    wrapped(`${name}  ${unit}, ${better} is better: ${description}`, undefined, '    '),
  );
  return [title, ...lines].join('\n');
}
