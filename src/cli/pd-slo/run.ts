import { join } from 'node:path';
import { runFiles } from '../../companions/pd-slo/run-files.ts';
import { formatNumber } from '../../report/format.ts';
import { prometheusText } from '../../simulators/pd-slo/metrics-text.ts';
import type { PdSloRun } from '../../simulators/pd-slo/run-simulation.ts';
import { ServedAnswers } from '../../simulators/pd-slo/served-answers.ts';
import { type Attainment, type PdSloSummary, summarizeRun } from '../../simulators/pd-slo/summary.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { fitted } from '../terminal/table.ts';
import { pdSloRunFlags, simulated } from './flags.ts';

export const runPdSloCommand: LoadedCommand = {
  build: (parser) =>
    pdSloRunFlags(parser)
      .option('out', {
        type: 'string',
        describe: 'folder for summary.json, requests.csv, metrics.prom and samples.jsonl',
      })
      .option('json', { type: 'boolean', describe: 'print the summary as JSON' })
      .example('$0 pd-slo run --scenario strict --mode independent', 'each pod chosen on its own')
      .example('$0 pd-slo run --config studies/pd-slo/endpoint-picker.yaml', "the scheduler's own document"),
  run: async (flags) => {
    const folder = textFlag(flags, 'out');
    const served = folder === undefined ? undefined : new ServedAnswers();
    const run = await simulated(flags, served);
    const summary = summarizeRun(run);
    if (folder !== undefined) {
      for (const [name, text] of runFiles(run, summary, served!.samples())) writeTextFile(join(folder, name), text);
    }
    if (switchFlag(flags, 'json')) printJson('pd-slo run', summary);
    else process.stdout.write(listing(run, summary));
    return EXIT.ok;
  },
};

export const metricsPdSloCommand: LoadedCommand = {
  build: (parser) => pdSloRunFlags(parser).option('json', { type: 'boolean', describe: 'print the counters as JSON' }),
  run: async (flags) => {
    const { counters } = await simulated(flags);
    if (switchFlag(flags, 'json')) printJson('pd-slo metrics', counters);
    else process.stdout.write(prometheusText(counters));
    return EXIT.ok;
  },
};

function listing({ setup, counters }: PdSloRun, summary: PdSloSummary): string {
  const { config } = setup;
  const head = `${config.mode}, ${config.predictor.kind} predictor, ${setup.prefillPods.length} × ${setup.decodePods.length} pods`;
  const targets = fitted([
    ['class', 'requests', 'both met', 'TTFT met', 'TPOT met'],
    attainmentRow('all', summary.attainment),
    ...Object.entries(summary.byClass).map(([name, attainment]) => attainmentRow(name, attainment)),
  ]);
  const times = fitted([
    ['ms', 'mean', 'p50', 'p95', 'p99'],
    ...(
      [
        ['TTFT', summary.ttftMs],
        ['TPOT', summary.tpotMs],
        ['E2E', summary.e2eMs],
      ] as const
    ).map(([name, value]) => [name, ...[value.mean, value.p50, value.p95, value.p99].map(formatNumber)]),
  ]);
  const rest = [
    `completed ${summary.completed} of ${summary.requests}, rejected ${summary.rejected}, refused ${summary.refused}, ` +
      `preemptions ${summary.preemptions}, invalid targets ${summary.invalidSlo}`,
    `goodput ${formatNumber(summary.goodput)} requests/s, ${formatNumber(summary.outputTokensPerSecond)} output tokens/s`,
    `pairs chosen with room in both ${counters.positiveSelections}, without ${counters.negativeSelections}`,
  ];
  return `${[pc.bold(head), '', ...targets, '', ...times, '', ...rest].join('\n')}\n`;
}

function attainmentRow(name: string, attainment: Attainment): string[] {
  const shares = [attainment.slo, attainment.ttft, attainment.tpot];
  return [
    name,
    String(attainment.requests),
    ...shares.map((share) => (share === null ? 'none' : `${(share * 100).toFixed(1)} %`)),
  ];
}
