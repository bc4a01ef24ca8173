import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';

const simulator = await createSimulator('pd-slo');

describe('the pd-slo simulator', () => {
  const prepared = simulator.prepare({
    config: { scenario: 'overload', mode: 'random_pair' },
    workload: { requests: 200 },
  });
  const measured = (seed: number, fidelity = 1) => {
    const result = prepared.run({ seed, fidelity });
    if (result.kind !== 'measured') throw new Error(result.reason);
    return result;
  };

  test('measures every metric that it names, as a finite number', () => {
    const { metrics } = measured(1);
    expect(Object.keys(metrics).sort()).toEqual(prepared.metrics.map(({ name }) => name).sort());
    expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
  });

  test('answers the same for the same seed, something else for another', () => {
    expect(measured(1)).toEqual(measured(1));
    expect(measured(2).metrics).not.toEqual(measured(1).metrics);
  });

  test('simulates the first part of the workload at a lower fidelity', () => {
    expect(measured(1, 0.25).metrics['completed_requests']).toBe(50);
  });

  test('calls a configuration infeasible in which no request can complete', () => {
    const tiny = simulator.prepare({ config: { decode: { kv_capacity: 10 } }, workload: { requests: 20 } });
    expect(tiny.run({ seed: 1, fidelity: 1 })).toEqual({ kind: 'infeasible', reason: 'no request completed' });
  });

  test('places mistakes in the configuration or in the workload', () => {
    const pathOf = (config: object, workload: object | null): readonly (string | number)[] => {
      try {
        simulator.prepare({ config: config as never, workload: workload as never });
      } catch (error) {
        if (error instanceof InputError) return error.path;
        throw error;
      }
      return [];
    };
    expect(pathOf({ pair_optimizer: { weight_floor: 0 } }, null)).toEqual(['config', 'pair_optimizer', 'weight_floor']);
    expect(pathOf({}, { cv: -1 })).toEqual(['workload', 'cv']);
    expect(pathOf({}, { rates: 1 })).toEqual(['workload', 'rates']);
  });
});
