import { describe, expect, it } from 'vitest';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import {
  DEFAULT_LENGTHS,
  presetLengths,
  syntheticWorkload,
} from '../../../src/simulators/workload/synthetic-workload.ts';
import type { WorkloadSpec } from '../../../src/simulators/workload/workload-spec.ts';
import { readFixture } from './fixtures.ts';

interface Run {
  readonly name: string;
  readonly spec: unknown;
  readonly flags: {
    readonly workload?: string;
    readonly rate?: number;
    readonly 'num-requests'?: number;
    readonly seed?: number;
    readonly horizon?: number;
  };
  /** Number, arrival (µs), prompt tokens, output tokens. */
  readonly rows: readonly (readonly [id: number, arrivalUs: number, input: number, output: number])[];
}

const runs = readFixture<readonly Run[]>('runs');

function specOf(run: Run): WorkloadSpec {
  if (run.spec !== null) return parseWorkload(run.spec);
  const { workload, rate, seed } = run.flags;
  const lengths = workload === undefined ? DEFAULT_LENGTHS : presetLengths(workload);
  return syntheticWorkload(lengths, { kind: 'rate', ratePerSecond: rate! }, seed!, run.flags['num-requests']!);
}

describe('requests of complete reference runs', () => {
  it.each(runs.map((run) => [run.name, run] as const))('have the same arrivals and lengths: %s', (_, run) => {
    const { horizon } = run.flags;
    const { initial } = generateWorkload(specOf(run), horizon === undefined ? {} : { horizonUs: horizon });
    const actual = run.rows.map(([row]) => [
      row,
      initial.arrivalUs[row],
      initial.inputTokens[row],
      initial.outputTokens[row],
    ]);
    expect(run.rows.length).toBeGreaterThan(200);
    expect(actual).toEqual(run.rows);
  });
});
