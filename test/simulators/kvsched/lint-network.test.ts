import { describe, expect, it } from 'vitest';
import { lintNetwork } from '../../../src/simulators/kvsched/lint-network.ts';
import { loadScenario, shippedScenarios } from './scenario-files.ts';

const NOTHING = { bidirectional: false, complete: false };
const link = (src: string, dst: string) => ({ src, dst, bandwidth_Gbps: 1, rtt_ms: 1 });

describe('lint of the network', () => {
  it('finds the shipped scenarios sound', () => {
    for (const name of shippedScenarios()) {
      expect(lintNetwork(loadScenario(name, 'wired'), NOTHING)).toMatchObject({ ok: true, scenario: name, issues: [] });
    }
  });

  it('finds the one-way links of the later scenarios, and none in the first three', () => {
    const oneWay = shippedScenarios().map((name) => {
      const { issues } = lintNetwork(loadScenario(name, 'wired'), { bidirectional: true, complete: false });
      return [name, issues.map(({ kind, src, dst }) => `${kind} ${src} ${dst}`)];
    });
    const reverse = (from: string, ...to: string[]): string[] => to.map((end) => `missing_reverse_link ${from} ${end}`);
    expect(Object.fromEntries(oneWay)).toEqual({
      S1_cloud: [],
      S2_edge_cloud: [],
      S3_hetero_gpu: [],
      S1_kv_vs_load: reverse('prefillA', 'decodeA', 'decodeB'),
      S2_prompt_length: reverse('prefillE', 'decodeC', 'decodeE'),
      S3_phase_ratio: reverse('prefillC', 'decodeC1', 'decodeC2'),
      S4_network_scan: reverse('prefillX', 'decodeX', 'decodeY'),
      S5_hysteresis_horizon: reverse('prefillH', 'decodeH1', 'decodeH2'),
      S6_hetero_gpu: reverse('prefillG', 'decodeFast', 'decodeSlow'),
      S7_missing_links: reverse('prefillM', 'decodeBusy', 'decodeNear'),
    });
  });

  it('lists every absent ordered pair when all are required', () => {
    const report = lintNetwork(loadScenario('S1_cloud', 'wired'), { bidirectional: true, complete: true });
    expect(report).toMatchObject({ ok: false, node_count: 4, link_count: 8 });
    expect(report.issues.map(({ src, dst }) => `${src} ${dst}`)).toEqual([
      'cloud_d0 cloud_d1',
      'cloud_d1 cloud_d0',
      'cloud_p0 cloud_p1',
      'cloud_p1 cloud_p0',
    ]);
    const legacy = lintNetwork(loadScenario('S1_cloud', 'legacy'), { bidirectional: false, complete: true });
    expect(legacy.issues.length).toBe(6 * 5 - 8);
  });

  it('names each unknown end once, sorted', () => {
    const network = { links: [link('cloud_p0', 'moon'), link('mars', 'venus')] };
    const { issues } = lintNetwork(loadScenario('S1_cloud', 'wired', { network }), NOTHING);
    expect(issues.map(({ kind, src, dst, detail }) => [kind, src, dst, detail])).toEqual([
      ['unknown_endpoint', 'cloud_p0', 'moon', 'no node "moon"'],
      ['unknown_endpoint', 'mars', 'venus', 'no node "mars"'],
      ['unknown_endpoint', 'mars', 'venus', 'no node "venus"'],
    ]);
  });
});
