import { loadScenarioFile, scenarioFiles } from '../../companions/kvsched/scenario-file.ts';
import { type LintReport, lintNetwork } from '../../simulators/kvsched/lint-network.ts';
import { fidelity } from '../../simulators/kvsched/settings-schema.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { fidelityOf, listOf } from './flags.ts';

export const lintNetworkCommand: LoadedCommand = {
  optionalValues: ['json'],
  build: (parser) =>
    parser
      .option('base', { type: 'string', describe: 'base scenario; default: the built-in one' })
      .option('scenarios', {
        type: 'string',
        demandOption: true,
        describe: 'scenario files and folders, comma-separated',
      })
      .option('require-bidirectional', { type: 'boolean', describe: 'every link needs its reverse' })
      .option('require-complete', { type: 'boolean', describe: 'every pair of nodes needs a link' })
      .option('json', { type: 'string', describe: 'print the report as JSON; with a path, write it there' })
      .option('fidelity', {
        choices: fidelity.options,
        default: 'wired',
        describe: 'how scenarios are laid over the base',
      })
      .example('$0 kvsched lint-network --scenarios studies/kvsched/scenarios --require-bidirectional', ''),
  run: async (flags) => {
    const places = listOf(requiredText(flags, 'scenarios'));
    const files = scenarioFiles(places);
    const rules = {
      bidirectional: switchFlag(flags, 'require-bidirectional'),
      complete: switchFlag(flags, 'require-complete'),
    };
    const options = {
      base: textFlag(flags, 'base') ?? null,
      fidelity: fidelityOf(flags),
      over: {},
      links: 'any' as const,
    };
    const results = files.map((file) => lintNetwork(loadScenarioFile(file, options).scenario, rules));
    const ok = results.every((report) => report.ok);
    const document = files.length === 1 && files[0] === places[0] ? results[0]! : { ok, results };
    const target = textFlag(flags, 'json');
    const printed = target === '' || target === '-';
    if (target !== undefined && !printed) writeTextFile(target, `${JSON.stringify(document, null, 2)}\n`);
    if (printed) printJson('kvsched lint-network', document);
    else process.stdout.write(results.map(describeReport).join(''));
    return ok ? EXIT.ok : EXIT.failure;
  },
};

function describeReport({ ok, scenario, node_count, link_count, issues }: LintReport): string {
  const head = `${ok ? 'ok    ' : 'issues'} ${scenario}: ${node_count} nodes, ${link_count} links\n`;
  return head + issues.map(({ kind, src, dst, detail }) => `       ${kind} ${src} -> ${dst}: ${detail}\n`).join('');
}
