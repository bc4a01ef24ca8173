import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CapacityRequest, capacitySettings } from '../../../src/study/io/capacity-settings.ts';
import { parseSloText } from '../../../src/study/plan/measure-spec.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const folder = temporaryFolder();
const STRATEGY = `
name: small
simulator: cluster
config:
  model: meta-llama/llama-3.1-8b-instruct
  hardware: H100
  tp: 2
  latency_model: roofline
  num_instances: 1
  total_kv_blocks: 20000
  routing_policy: least-loaded
  max_num_seqs: "\${slots}"
parameters: [{name: slots, type: integer, low: 1, high: 64}]
baseline: {slots: 4}
`;
const STUDY = `
name: small-study
strategy: small.yaml
workload:
  version: "2"
  aggregate_rate: 20
  num_requests: 150
  clients:
    - {id: a, slo_class: critical, rate_fraction: 1, arrival: {process: constant}, input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 50}}}
objectives: [{metric: slo_attainment_min}]
slo: {critical: {ttft_ms: 100}}
measure: {warmup: 20%}
capacity: {grid: 4, from: 4, to: 400}
seeds: [1, 2]
budget: {trials: 2}
sampler: random
`;
writeFileSync(join(folder, 'small.yaml'), STRATEGY);
writeFileSync(join(folder, 'study.yaml'), STUDY);

test('capacity prints the figure that a study tells as capacity_rps', async () => {
  const range = ['--grid', '4', '--from', '4', '--to', '400', '--quiet', '--json', '--workers', '1'];
  const [{ stdout, code }, simulated] = await Promise.all([
    paretune(['capacity', 'study.yaml', ...range], folder),
    paretune(['simulate', 'study.yaml', '--json'], folder),
  ]);
  expect(code).toBe(0);
  const { capacities } = dataOf(stdout);
  expect(capacities.map(({ name }: { name: string }) => name)).toEqual(['baseline']);
  for (const [index, { outcome }] of dataOf(simulated.stdout).outcomes.entries()) {
    expect(outcome.metrics.capacity_rps).toBe(capacities[0].seeds[index].rate);
    expect(outcome.metrics.capacity_rps).toBeGreaterThan(4);
  }
}, 60_000);

const settingsOf = async (more: Partial<CapacityRequest> = {}) =>
  await capacitySettings({ file: join(folder, 'study.yaml'), points: [], arms: [], slo: null, trust: 'own', ...more });

test('settings: targets of the file or of the flag, and a window where the file has none', async () => {
  const bare = STUDY.replace(/^(slo|measure|capacity|objectives).*$/gm, '');
  writeFileSync(join(folder, 'bare.yaml'), `${bare}objectives: [{metric: ttft_p99_ms}]\n`);
  const without = await settingsOf({ file: join(folder, 'bare.yaml') });
  expect([(await settingsOf()).hasTargets, without.hasTargets]).toEqual([true, false]);
  expect(without.setups[0]!.measurement!.window).toEqual({ warmup: { share: 0.3 }, endS: null, drain: 'outside' });
  const { hasTargets, settings } = await settingsOf({ slo: parseSloText('critical=ttft:9ms') });
  expect([hasTargets, settings]).toEqual([true, [{ name: 'baseline', setup: 0, values: { slots: 4 }, nominal: 20 }]]);
  await expect(settingsOf({ slo: parseSloText('premium=ttft:9ms') })).rejects.toThrow(/premium/);
});

test('settings: points and arms that are none are refused by name', async () => {
  await expect(settingsOf({ points: ['knee'] })).rejects.toThrow(/cannot be read/);
  await expect(settingsOf({ arms: ['stock'] })).rejects.toThrow(/a study has --point/);
});
