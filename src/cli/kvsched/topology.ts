import { loadScenarioFile, scenarioFiles } from '../../companions/kvsched/scenario-file.ts';
import { topologyLatex, topologyMarkdown, topologyRow } from '../../companions/kvsched/topology-table.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { listOf } from './flags.ts';

export const topologyTableCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('base', { type: 'string', describe: 'base scenario; default: the built-in one' })
      .option('scenarios', {
        type: 'string',
        demandOption: true,
        describe: 'scenario files and folders, comma-separated',
      })
      .option('format', { choices: ['md', 'latex'] as const, default: 'md' as const, describe: 'of the table' })
      .option('out', { type: 'string', describe: 'file; default: stdout' })
      .option('require-bidirectional', { type: 'boolean', describe: 'exit code 1 where a link has no reverse' })
      .option('json', { type: 'boolean', describe: 'print the rows as JSON' })
      .example('$0 kvsched topology-table --scenarios studies/kvsched/scenarios', 'nodes and links, a row a scenario'),
  run: async (flags) => {
    const options = { base: textFlag(flags, 'base') ?? null, fidelity: 'wired', over: {}, links: 'any' } as const;
    const files = scenarioFiles(listOf(requiredText(flags, 'scenarios')));
    const rows = files.map((file) => topologyRow(loadScenarioFile(file, options).scenario));
    const table = flags['format'] === 'latex' ? topologyLatex(rows) : topologyMarkdown(rows);
    const out = textFlag(flags, 'out');
    if (out !== undefined) writeTextFile(out, table);
    if (switchFlag(flags, 'json')) printJson('kvsched topology-table', rows);
    else process.stdout.write(out === undefined ? table : `${out}\n`);
    const fails = switchFlag(flags, 'require-bidirectional') && rows.some(({ oneWay }) => oneWay > 0);
    return fails ? EXIT.failure : EXIT.ok;
  },
};
