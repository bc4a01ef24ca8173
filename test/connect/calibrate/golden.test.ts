import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CalibrationInput, calibrate } from '../../../src/connect/calibrate/calibration.ts';
import { calibrationReport } from '../../../src/connect/calibrate/calibration-report.ts';
import { calibrationText } from '../../../src/connect/calibrate/calibration-text.ts';
import { readMeasuredGaps } from '../../../src/connect/calibrate/measured-gaps.ts';
import { parseReplayResults } from '../../../src/connect/calibrate/replay-result.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { headerTargets } from '../../../src/simulators/cluster/figures/goodput.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { parseTraceHeader } from '../../../src/simulators/workload/trace-header.ts';

const text = (name: string) => readFileSync(new URL(`../../fixtures/calibrate/${name}`, import.meta.url), 'utf8');

function inputOf(folder: string, { itl }: { readonly itl: boolean }): CalibrationInput {
  const header = parseTraceHeader(parseYaml(text(`${folder}/trace.yaml`), 'trace.yaml').value);
  const network = header.blocks['network'] as { readonly measured_rtt_ms?: number } | undefined;
  return {
    rows: readTraceCsv(text(`${folder}/trace.csv`), 'trace.csv'),
    results: parseReplayResults(JSON.parse(text(`${folder}/results.json`))),
    gaps: itl ? readMeasuredGaps(text(`${folder}/trace.itl.csv`), 'trace.itl.csv') : null,
    warmUpRequests: header.warmUpRequests,
    network: { rttUs: Math.trunc((network?.measured_rtt_ms ?? 0) * 1000), bandwidthMbps: 0 },
    targets: headerTargets(header),
    observedHitRate: null,
    simulatedHitRate: null,
    hitRateTolerancePp: 5,
    ttftMapeThreshold: 0.15,
  };
}

const reportText = (input: CalibrationInput, compat: boolean) =>
  JSON.stringify(calibrationReport(calibrate(input), { compat }), null, 2);

describe('reports of the reference come out to the last digit', () => {
  const own = { network: { rttUs: 0, bandwidthMbps: 0 }, warmUpRequests: 0 };
  test.each([
    ['failures, a time-out with chunks, tokens that differ', 'calib1', 'report.json', false, {}],
    ['chunks in disorder and against the clock', 'calib1', 'report-itl.json', true, {}],
    ['neither warm-up nor network', 'calib1', 'report-no-warmup-no-rtt.json', false, own],
    ['200 requests of another latency model', 'calib2', 'report.json', false, {}],
    ['a measured server, with targets', 'calib4-observe', 'report.json', true, {}],
  ] as const)('%s', (_, folder, report, itl, changed) => {
    expect(reportText({ ...inputOf(folder, { itl }), ...changed }, true)).toBe(text(`${folder}/${report}`));
  });

  test('without compat a failed request counts once, and nothing else differs', () => {
    const input = inputOf('calib1', { itl: true });
    const own = JSON.parse(reportText(input, false));
    expect(own.trace_info.num_requests).toBe(input.rows.length);
    own.trace_info.num_requests++;
    expect(own).toEqual(JSON.parse(text('calib1/report-itl.json')));
  });

  test('without failures compat changes nothing', () => {
    const input = inputOf('calib4-observe', { itl: true });
    expect(reportText(input, false)).toBe(reportText(input, true));
  });

  test.each([
    ['calib1', 'report-itl.txt'],
    ['calib4-observe', 'report.txt'],
  ])('in words: %s', (folder, log) => {
    const said = [...text(`${folder}/${log}`).matchAll(/msg="(.*)"$/gm)].map(([, message]) => message!);
    const expected = said.filter((line) => !line.startsWith('calibrate: ') && !line.startsWith('Calibration report'));
    const calibration = calibrate(inputOf(folder, { itl: true }));
    expect(calibrationText(calibration, { compat: true })).toEqual(expected);
  });
});
