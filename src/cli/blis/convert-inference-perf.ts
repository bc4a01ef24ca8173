import { convertInferencePerf } from '../../connect/convert/inference-perf.ts';
import { formatYaml, placed } from '../../document/yaml.ts';
import type { LoadedCommand } from '../terminal/command.ts';
import { lastValueWins, switchFlag } from '../terminal/flags.ts';
import { printWarnings } from './output.ts';
import { requiredFile } from './trace-files.ts';
import { readWorkloadFile } from './workload.ts';

export const convertInferencePerfCommand: LoadedCommand = {
  build: (parser) =>
    lastValueWins(parser)
      .options({
        spec: { type: 'string', describe: 'configuration of inference-perf, or workload with inference_perf' },
        compat: { type: 'boolean', describe: 'write what BLIS writes: other requests than those of the source' },
      })
      .example('$0 blis convert inference-perf --spec config.yml > workload.yaml', 'clients for its stages'),
  run: async (flags) => {
    const { source, document } = readWorkloadFile(requiredFile(flags, 'spec'));
    const compat = switchFlag(flags, 'compat');
    const conversion = placed(source, 0, () => convertInferencePerf(document, { compat }));
    printWarnings(conversion.notes, { quiet: false });
    process.stdout.write(formatYaml(conversion.document));
    return undefined;
  },
};
