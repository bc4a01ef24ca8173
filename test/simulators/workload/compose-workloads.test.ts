import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { composeWorkloads } from '../../../src/simulators/workload/compose-workloads.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { presetDocument } from '../../../src/simulators/workload/synthetic-workload.ts';
import { dropUnknownParameters } from '../../../src/simulators/workload/unknown-parameters.ts';

const client = (id: string, rate_fraction: number, more: JsonObject = {}): JsonObject => ({
  id,
  rate_fraction,
  arrival: { process: 'poisson' },
  input_distribution: { type: 'exponential', params: { mean: 50 } },
  output_distribution: { type: 'constant', params: { value: 8 } },
  ...more,
});

const source = (name: string, document: JsonObject) => ({
  name,
  document,
  spec: parseWorkload(document),
  warnings: [],
});

const document = (aggregate_rate: number, clients: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  version: '2',
  aggregate_rate,
  clients,
  ...more,
});

describe('composed workloads', () => {
  it('add rates up and keep the requests per second of every client', () => {
    const rates = fc.array(fc.double({ min: 0.1, max: 500, noNaN: true }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rates, (given) => {
        const sources = given.map((rate, i) =>
          source(`f${i}`, document(rate, [client(`a${i}`, 0.25), client(`b${i}`, 0.75)])),
        );
        const merged = parseWorkload(composeWorkloads(sources).document);
        expect(merged.aggregateRate).toBeCloseTo(
          given.reduce((sum, rate) => sum + rate, 0),
          8,
        );
        merged.clients.forEach((one, i) => {
          const own = given[Math.floor(i / 2)]! * (i % 2 === 0 ? 0.25 : 0.75);
          expect(merged.aggregateRate * one.rateFraction).toBeCloseTo(own, 8);
        });
      }),
    );
  });

  it('of one file alone generate the same requests as that file', () => {
    const one = document(20, [client('a', 0.5), client('b', 0.5, { prefix_group: 'g', prefix_length: 32 })]);
    const merged = composeWorkloads([source('one', one)]).document;
    const requests = (from: JsonObject) => {
      const { initial } = generateWorkload(parseWorkload(from), { seed: 3n, numRequests: 100 });
      return Array.from({ length: initial.length }, (_, i) => [initial.arrivalUs[i], initial.inputTokens[i]]);
    };
    expect(requests(merged)).toEqual(requests(one));
  });

  it('of virtual users only are the users of all, unchanged', () => {
    const users = (id: string, concurrency: number) => {
      const { rate_fraction: _, arrival: __, ...rest } = client(id, 0);
      return { ...rest, concurrency };
    };
    const sources = [source('x', document(0, [users('x', 3)])), source('y', document(0, [users('y', 5)]))];
    const merged = composeWorkloads(sources).document;
    expect(merged).toEqual({ version: '2', aggregate_rate: 0, clients: [users('x', 3), users('y', 5)] });
  });

  it('take the category of the first, rename old classes, and say what they leave out', () => {
    const old = { ...document(5, [client('a', 1, { slo_class: 'realtime' })], { num_requests: 9 }), version: '1' };
    const other = document(5, [client('b', 1, { slo_class: 'batch' })], { category: 'reasoning', seed: 3 });
    const first = composeWorkloads([source('other', other), source('old', old)]);
    expect(first.document).toMatchObject({ version: '2', category: 'reasoning' });
    expect(first.warnings).toEqual([
      'other: seed is left out',
      'old: slo_class "realtime" is an old name, read as "critical"',
      'old: num_requests is left out',
    ]);
    expect(parseWorkload(first.document).clients.map((one) => one.sloClass)).toEqual(['batch', 'critical']);
  });
});

describe('named workloads as documents', () => {
  it('have the published lengths', () => {
    const { clients, aggregateRate, numRequests } = parseWorkload(presetDocument('summarization', 2, 50));
    expect([aggregateRate, numRequests, clients[0]!.id]).toEqual([2, 50, 'preset-summarization']);
    expect(clients[0]!.input).toEqual({ kind: 'gaussian', mean: 4096, stdDev: 500, min: 100, max: 8192 });
    expect(clients[0]!.output).toEqual({ kind: 'gaussian', mean: 512, stdDev: 150, min: 10, max: 2048 });
  });

  it('are known by name only', () => {
    expect(() => presetDocument('chat', 1, 1)).toThrow(/unknown workload "chat"/);
  });
});

describe('parameters that a length distribution does not have', () => {
  const withParams = (type: string, params: JsonObject) =>
    document(1, [client('a', 1, { input_distribution: { type, params } })]);

  it('are dropped with a warning that names place, type and known names', () => {
    const given = withParams('exponential', { mean: 5, std_dev: 2 });
    const { document: cleaned, warnings } = dropUnknownParameters(given);
    expect(cleaned).toEqual(withParams('exponential', { mean: 5 }));
    expect(warnings).toEqual([
      'clients[0].input_distribution.params.std_dev is no parameter of exponential and has no effect; known: mean, min, max',
    ]);
    expect(() => parseWorkload(given)).toThrow(/unknown key "std_dev"/);
  });

  it('stay, and are refused, where they are no finite number', () => {
    for (const value of ['2', true, Number.POSITIVE_INFINITY]) {
      const given = withParams('exponential', { mean: 5, std_dev: value });
      expect(dropUnknownParameters(given)).toEqual({ document: given, warnings: [] });
    }
  });

  it('do not exist for empirical distributions, nor outside distributions', () => {
    const given = document(1, [client('a', 1, { input_distribution: { type: 'empirical', params: { 10: 1 } } })], {
      params: { foo: 1 },
    });
    expect(dropUnknownParameters(given)).toEqual({ document: given, warnings: [] });
  });
});
