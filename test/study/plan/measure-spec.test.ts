import { describe, expect, it } from 'vitest';
import type { Simulator } from '../../../src/simulators/simulator.ts';
import { measurementOf, parseSloText } from '../../../src/study/plan/measure-spec.ts';
import { driftWarnings } from '../../../src/study/stationarity.ts';
import { analyticSimulator } from '../../support/analytic-simulator.ts';
import { planOf, STUDY } from '../../support/plan-builder.ts';

describe('targets in one line', () => {
  it('are read by class, in ms and s', () => {
    expect(parseSloText('critical=ttft:200ms,tpot:15ms; standard=ttft:0.5s,e2e:30s')).toEqual({
      critical: { ttftMs: 200, tpotMs: 15, e2eMs: 0 },
      standard: { ttftMs: 500, tpotMs: 0, e2eMs: 30_000 },
    });
  });

  it.each(['', 'critical', 'critical=', 'critical=ttft:200', 'critical=itl:2ms', '=ttft:2ms', 'a=ttft:0ms'])(
    '%j is refused with an example',
    (text) => expect(() => parseSloText(text)).toThrow(/names no class|cannot be read/),
  );
});

describe('the key measure', () => {
  it('reads a share or seconds of warm-up', () => {
    const window = (measure: object) => measurementOf({ measure: measure as never })!.window;
    expect(window({ warmup: '30%' })).toEqual({ warmup: { share: 0.3 }, endS: null, drain: 'outside' });
    expect(window({ warmup: 20, end: 60 })).toEqual({ warmup: { seconds: 20 }, endS: 60, drain: 'outside' });
    expect(window({})).toEqual({ warmup: { seconds: 0 }, endS: null, drain: 'outside' });
  });

  /** Tells `tail` only when asked to measure in detail. */
  const detailed = (): Simulator => {
    const plain = analyticSimulator();
    return {
      ...plain,
      measures: true,
      prepare: (input) => {
        const { metrics, run } = plain.prepare(input);
        const tail = { name: 'tail', unit: '1', better: 'lower', description: 'told in detail' } as const;
        return { metrics: input.measurement === undefined ? metrics : [...metrics, tail], run };
      },
    };
  };

  it.each([
    'measure: {warmup: 130%}',
    'measure: {warmup: -1}',
    'measure: {drain: inside, end: 4}',
    'slo: {critical: {}}',
    'capacity: {from: 10, to: 20}',
    'capacity: {from: 10, to: 100}',
  ])(
    '%s is refused',
    async (line) => await expect(planOf({ study: `${STUDY}${line}\n` }, detailed())).rejects.toThrow(),
  );

  it('is refused by a backend that measures whole runs only', async () => {
    await expect(planOf({ study: `${STUDY}measure: {warmup: 10%}\n` })).rejects.toThrow(/whole runs only/);
  });

  it('is not needed to name a metric of detail, and a study that names none measures as before', async () => {
    const plan = await planOf({ study: STUDY.replace('metric: gain', 'metric: tail') }, detailed());
    expect(plan.measurement).toEqual({ window: null, slo: null, capacityRps: null });
    const without = await planOf({}, detailed());
    expect(without.measurement).toBeUndefined();
    expect(without.metrics.map(({ name }) => name)).toEqual(['cost', 'gain', 'share']);
  });

  it('one key makes every setting of a list a workload, and values instead of ratios need no baseline', async () => {
    const study = `${STUDY}baseline: false\nregime: worst-value\nvary: {wall: [2, 3], workload.rate: [10, 20]}\n`;
    const plan = await planOf({ study, workload: 'rate: 5\n' }, detailed());
    expect(plan.regimes!.workloads).toEqual([
      { name: 'wall-2-rate-10', workload: { rate: 10 }, config: { wall: 2 } },
      { name: 'wall-2-rate-20', workload: { rate: 20 }, config: { wall: 2 } },
      { name: 'wall-3-rate-10', workload: { rate: 10 }, config: { wall: 3 } },
      { name: 'wall-3-rate-20', workload: { rate: 20 }, config: { wall: 3 } },
    ]);
    expect(plan.metrics.find(({ name }) => name === 'cost')!.unit).toBe('ms');
    await expect(planOf({ study: study.replace('worst-value', 'worst') }, detailed())).rejects.toThrow(/baseline/);
  });
});

describe('a window that is not stationary', () => {
  it('is told with its workload', () => {
    expect(driftWarnings({ ttft_p99_drift: 1.29, cost: 9 })).toEqual([]);
    expect(driftWarnings({ 'ttft_p99_drift@busy': 2.5 })[0]).toMatch(/^not stationary on busy: .* 2\.50 times/);
    expect(driftWarnings({ ttft_p99_drift: 0.5 })[0]).toMatch(/lengthen the warm-up/);
  });
});
