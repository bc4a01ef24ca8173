import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seriesAgreement } from '../../../src/connect/calibrate/series-agreement.ts';
import { type FittedLatencies, fitLatencies } from '../../../src/connect/latency-fit/fit-latencies.ts';
import { latencyChecks } from '../../../src/connect/latency-fit/latency-checks.ts';
import { measuredCircumstances, observations } from '../../../src/connect/latency-fit/observations.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { parseTraceHeader } from '../../../src/simulators/workload/trace-header.ts';
import { madeTrace, oneServer, WHOLE } from './made-traces.ts';

const FIXTURES = new URL('../../fixtures/calibrate/', import.meta.url);
const ALPHA = [1600, 3.5, 1800];
const BETA = [6900, 17.5, 30];

const coefficients = (fit: FittedLatencies): readonly number[] => fit.coefficients.map(({ value }) => value);

function halfFitted(name: string, settings: Readonly<Record<string, unknown>> = {}) {
  const rows = readTraceCsv(readFileSync(new URL(`${name}/trace.csv`, FIXTURES), 'utf8'), 'trace.csv');
  const header = parseTraceHeader(
    parseYaml(readFileSync(new URL(`${name}/trace.yaml`, FIXTURES), 'utf8'), 'trace.yaml').value,
  );
  const observed = observations(rows, { ...measuredCircumstances(header), holdOut: 0.5, seed: 1 });
  const fit = fitLatencies(observed, oneServer(settings));
  const [ttft] = latencyChecks(observed, fit.simulated);
  const agreement = seriesAgreement({
    real: ttft!.points.map(({ measured }) => measured),
    sim: ttft!.points.map(({ simulated }) => simulated),
  });
  return { fit, agreement };
}

describe('latencies of one server with alpha and beta', () => {
  it('without noise tell steps to a part in 200, and the time before the queue to one in 25', () => {
    const rows = madeTrace({ alpha: ALPHA, beta: BETA, requests: 1000, perSecond: 5, noise: 0, seed: 1 });
    const fit = fitLatencies(observations(rows, WHOLE), oneServer());
    expect(fit.way).toBe('direct');
    for (const [k, truth] of [...ALPHA, ...BETA].entries()) {
      const { value, low, high } = fit.coefficients[k]!;
      expect(Math.abs(value / truth - 1)).toBeLessThan(k < 2 ? 0.04 : 0.005);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('with noise of 1 % tell them within a tenth, and say so', () => {
    const rows = madeTrace({ alpha: ALPHA, beta: BETA, requests: 2000, perSecond: 5, noise: 0.01, seed: 2 });
    const fit = fitLatencies(observations(rows, WHOLE), oneServer());
    for (const [k, truth] of [...ALPHA, ...BETA].entries()) {
      const { value, low, high } = fit.coefficients[k]!;
      expect(Math.abs(value / truth - 1)).toBeLessThan(0.1);
      // All requests of such a batch cost 3 % of a step; steps counted at the size of their batch tell it.
      expect((high - low) / 2 / truth).toBeLessThan(k === 5 ? 0.03 : 0.1);
    }
  });

  it('are counted right where first tokens are always many steps apart', () => {
    const made = { alpha: ALPHA, beta: BETA, requests: 600, perSecond: 8, noise: 0, seed: 3, evenly: true } as const;
    const [alpha0, , alpha2, beta0] = coefficients(fitLatencies(observations(madeTrace(made), WHOLE), oneServer()));
    expect(beta0! / 6900).toBeCloseTo(1, 1);
    expect(alpha2! / 1800).toBeCloseTo(1, 1);
    expect(alpha0! / 1600).toBeCloseTo(1, 1);
  });

  it('of requests that never meet tell sums alone, and the intervals are wide', () => {
    const rows = madeTrace({ alpha: ALPHA, beta: BETA, requests: 120, perSecond: 0.05, noise: 0.01, seed: 4 });
    const fit = fitLatencies(observations(rows, WHOLE), oneServer());
    const [alpha0, alpha1, alpha2, beta0, beta1] = coefficients(fit) as [number, number, number, number, number];
    expect(fit.way).toBe('indirect');
    expect(alpha0 + alpha2 + beta0).toBeGreaterThan(0.9 * 10_300);
    expect(alpha0 + alpha2 + beta0).toBeLessThan(1.1 * 10_300);
    expect(alpha1 + beta1).toBeGreaterThan(0.95 * 21);
    expect(alpha1 + beta1).toBeLessThan(1.05 * 21);
    const { low, high } = fit.coefficients[4]!;
    expect(high - low).toBeGreaterThan(10);
  });
});

describe('half of a trace', () => {
  it('of a roofline tells TTFT of the other half', () => {
    const { agreement } = halfFitted('calib2');
    expect(agreement.mape).toBeLessThan(0.15);
    expect(agreement.pearson).toBeGreaterThan(0.85);
  });

  it('of an observed server tells TTFT of the other half', () => {
    expect(halfFitted('calib4-observe').agreement.mape).toBeLessThan(0.1);
  });

  it('finds the arithmetic and bandwidth of two GPUs where one is simulated', () => {
    const { fit, agreement } = halfFitted('calib2', {
      latency_model: 'roofline',
      alpha_coeffs: null,
      beta_coeffs: null,
    });
    const [compute, bandwidth] = coefficients(fit) as [number, number];
    expect(compute).toBeCloseTo(2, 1);
    expect(bandwidth).toBeCloseTo(2, 1);
    expect(agreement.quality).toBe('excellent');
  });
});

it('too few measured requests are refused', () => {
  const rows = madeTrace({ alpha: ALPHA, beta: BETA, requests: 30, perSecond: 5, noise: 0, seed: 5 });
  expect(() => observations(rows.slice(0, 10), WHOLE)).toThrow(
    '10 of 10 requests have measured times; at least 20 are needed',
  );
});

describe('intervals under other noise and load', () => {
  it.each([
    ['times wrong by 5 %, told apart no more step by step', { requests: 500, perSecond: 5, noise: 0.05 }, 'indirect'],
    ['a server with batches of thirty', { requests: 2000, perSecond: 20, noise: 0.01 }, 'direct'],
  ] as const)('hold the truth: %s', (_, made, way) => {
    const rows = madeTrace({ alpha: ALPHA, beta: BETA, ...made, seed: 2 });
    const fit = fitLatencies(observations(rows, WHOLE), oneServer());
    expect(fit.way).toBe(way);
    for (const [k, truth] of [...ALPHA, ...BETA].entries()) {
      const { name, low, high } = fit.coefficients[k]!;
      expect([name, low <= truth, truth <= high]).toEqual([name, true, true]);
    }
  });
});
