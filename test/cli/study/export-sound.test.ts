import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JournalFile } from '../../../src/study/io/journal-file.ts';
import { createRunFolder } from '../../../src/study/io/run-folder.ts';
import { planOf as planToRun, startedEntry } from '../../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../../src/study/journal.ts';
import { commandHere } from '../../support/command-here.ts';
import { sourcesOf } from '../../support/plan-builder.ts';
import { replicatesOf } from '../../support/trials.ts';

const STRATEGY =
  'name: kv\nsimulator: kvsched\nconfig: {scheduler: kv_heuristic, weights: {w_queue: "${w}"}}\nbaseline: {w: 1}\n';
const SPACE = 'parameters: {w: [0.1, 10]}\n';
const STUDY = `name: sound
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
constraints: [{metric: p95_ms, at_most: 85}]
seeds: [1, 2]
validation: {seeds: [11, 12]}
budget: {trials: 4}
`;

const folder = mkdtempSync(join(tmpdir(), 'paretune-sound-'));
const at = (name: string): string => join(folder, name);

/** One trial a row: figures on tuning seeds, then the constrained one on fresh seeds (null = not measured there). */
async function record(
  name: string,
  rows: readonly (readonly [number, number, number, number | null])[],
): Promise<void> {
  const workload = readFileSync(
    new URL('../../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url),
    'utf8',
  );
  const sources = sourcesOf({ study: STUDY, strategy: STRATEGY, space: SPACE, workload });
  const plan = await planToRun(sources);
  createRunFolder(at(name), sources, plan, startedEntry(plan));
  const outcome = (p99: number, bytes: number, p95: number) =>
    ({
      kind: 'observed',
      replicates: replicatesOf({
        ...Object.fromEntries(plan.metrics.map((metric) => [metric.name, [1, 1]])),
        p99_ms: [p99, p99],
        kv_migration_bytes: [bytes, bytes],
        p95_ms: [p95, p95],
      }),
    }) as const;
  const entries = rows.flatMap(([p99, bytes, p95], trial): JournalEntry[] => [
    {
      kind: 'trial-proposed',
      trial,
      origin: trial === 0 ? 'baseline' : 'sampler',
      seen: trial,
      values: { w: 1 + trial },
    },
    { kind: 'trial-finished', trial, outcome: outcome(p99, bytes, p95) },
  ]);
  const fresh = rows.flatMap(([p99, bytes, , p95], trial): JournalEntry[] =>
    p95 === null ? [] : [{ kind: 'trial-validated', trial, outcome: outcome(p99, bytes, p95) }],
  );
  const journal = new JournalFile(at(name));
  for (const entry of [...entries, ...fresh, { kind: 'study-ended', reason: 'budget used' } as const])
    journal.append(entry);
  journal.close();
}

beforeAll(async () => {
  await record('all-break', [
    [100, 9, 80, 91],
    [50, 5, 80, 90],
    [60, 4, 81, 92],
    [55, 4.9, 81, null],
  ]);
  await record('one-holds', [
    [100, 9, 80, 84],
    [50, 5, 80, 90],
    [60, 4, 81, 84],
    [40, 9, 84, null],
  ]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('export', () => {
  test('refuses the knee where every point measured on fresh seeds breaks there, and says by how much', async () => {
    const { code, stdout, stderr } = await commandHere('export', at('all-break'), '--as', 'json');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/breaks its constraints: p95_ms 9\d ms breaks ≤ 85 by \d \(2 of 2 fresh seeds\)/);
    expect(stderr).toContain('--force');
  });

  test('--force writes it all the same', async () => {
    const { code, stdout } = await commandHere('export', at('all-break'), '--as', 'json', '--force');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ study: 'sound' });
  });

  test('takes, where a rule chose one that breaks, what the rule chooses from those that hold, and says so', async () => {
    const { code, stdout, stderr } = await commandHere('export', at('one-holds'), '--as', 'json', '--point', 'knee');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ point: 'trial 2 (knee)' });
    expect(stderr).toContain('trial 2 (knee) is written instead');
  });

  test('never takes a point by its number that breaks, the baseline included', async () => {
    expect((await commandHere('export', at('one-holds'), '--as', 'json', '--point', '1')).code).toBe(2);
    expect((await commandHere('export', at('all-break'), '--as', 'json', '--point', 'baseline')).code).toBe(2);
    expect((await commandHere('export', at('one-holds'), '--as', 'json', '--point', '2')).code).toBe(0);
  });
});

test('the report of the same run recommends the same point', async () => {
  const { stdout } = await commandHere('report', at('one-holds'));
  expect(stdout).toContain('recommended: trial 2');
  expect((await commandHere('report', at('all-break'))).stdout).toContain('recommended: none');
});

test('bare paretune prints its help', async () => {
  const { code, stdout } = await commandHere();
  expect(code).toBe(0);
  expect(stdout).toContain('paretune run [study]');
});
