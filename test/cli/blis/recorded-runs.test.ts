import { describe, expect, it } from 'vitest';
import { comparable, type RecordedRun, recordedRuns, repeat } from './recorded-runs.ts';

async function expectSame(run: RecordedRun): Promise<void> {
  const outcome = await repeat(run);
  expect(comparable(outcome)).toEqual(comparable({ code: run.exit, stdout: run.stdout, outputs: run.outputs }));
  if (run.exit === 0) return;
  // The reference exits with 1 and a log line.
  expect(outcome.code).toBe(2);
  expect(
    outcome.stderr
      .trim()
      .split('\n')
      .filter((line) => !line.includes('warning')),
  ).toHaveLength(1);
}

describe('paretune blis equals the reference in the smallest runs that show one of its ways', () => {
  it.each(recordedRuns('random-named.jsonl.gz').map((run) => [run.id, run] as const))('%s', async (_, run) => {
    await expectSame(run);
  });
});

describe('paretune blis equals the reference in runs with random flags and workloads', () => {
  it.each(recordedRuns('random-runs.jsonl.gz').map((run) => [run.id, run] as const))('%s', async (_, run) => {
    await expectSame(run);
  });
});
