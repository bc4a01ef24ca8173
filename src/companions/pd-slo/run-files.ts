import { prometheusText } from '../../simulators/pd-slo/metrics-text.ts';
import type { PdSloRun } from '../../simulators/pd-slo/run-simulation.ts';
import type { Sample } from '../../simulators/pd-slo/served-answers.ts';
import type { PdSloSummary } from '../../simulators/pd-slo/summary.ts';
import { requestCsv } from './request-csv.ts';
import { sampleText } from './train.ts';

/** What a run leaves in its folder, by file name. */
export function runFiles(
  run: PdSloRun,
  summary: PdSloSummary,
  samples: readonly Sample[],
): readonly (readonly [string, string])[] {
  return [
    ['summary.json', `${JSON.stringify(summary, null, 2)}\n`],
    ['requests.csv', requestCsv(run)],
    ['metrics.prom', prometheusText(run.counters)],
    ['samples.jsonl', samples.map(sampleText).join('')],
  ];
}
