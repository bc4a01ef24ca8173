import { InputError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import { formatYaml, placed } from '../../document/yaml.ts';
import { composeWorkloads, type WorkloadSource } from '../../simulators/workload/compose-workloads.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import type { LoadedCommand } from '../terminal/command.ts';
import { readWorkloadFile } from './workload.ts';

export const blisComposeCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('from', { type: 'string', array: true, nargs: 1, describe: 'workload file; repeat it for each' })
      .example('$0 blis compose --from chat.yaml --from batch.yaml > both.yaml', 'clients of both, rates added up'),
  run: async (flags) => {
    const files = flags['from'] as readonly string[] | undefined;
    if (files === undefined || files.length === 0) throw new InputError('is required', { path: ['--from'] });
    const sources = files.map(readSource);
    const { document, warnings } = composeWorkloads(sources);
    parseWorkload(document);
    for (const warning of warnings) process.stderr.write(`paretune: warning: ${warning}\n`);
    process.stdout.write(formatYaml(document));
    return undefined;
  },
};

function readSource(file: string): WorkloadSource {
  const { source, document, warnings } = readWorkloadFile(file);
  if (!isJsonObject(document)) throw new InputError('must be a map', { position: { file } });
  return { name: file, document, spec: placed(source, 0, () => parseWorkload(document)), warnings };
}
