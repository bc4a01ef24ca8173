import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interruptedAt, paretune, temporaryFolder } from '../../support/command-line.ts';

const STRATEGY = `name: kv-demo
simulator: kvsched
config: {scheduler: kv_heuristic, ticks: 150, weights: {w_queue: "\${queue}", w_migration_ms: "\${migration}"}}
baseline: {queue: 1, migration: 1}
parameters:
  - {name: queue, type: real, low: 0.1, high: 10, log: true}
  - {name: migration, type: real, low: 0.1, high: 10, log: true}
`;
const STUDY = `name: kv-demo
strategy: strategy.yaml
workload: scenario.yaml
objectives: [{metric: p99_ms}]
seeds: [1, 2, 3, 4]
budget: {trials: 12}
sampler: sobol
seed: 3
racing: {first_seeds: 1, risk: 0.02}
screening: {fraction: 0.3, after: 6, risk: 0.05}
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const journal = (run: string): string => readFileSync(at(run, 'journal.jsonl'), 'utf8');
const stoppedLines = (run: string): string[] =>
  journal(run)
    .split('\n')
    .filter((line) => line.includes('"kind":"stopped"'));

beforeAll(async () => {
  cpSync(
    new URL('../../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url).pathname,
    at('scenario.yaml'),
  );
  writeFileSync(at('strategy.yaml'), STRATEGY);
  writeFileSync(at('study.yaml'), STUDY);
  const { code, stderr } = await paretune(['run', 'study.yaml', '--out', 'one', '--workers', '1'], folder);
  expect(stderr).toContain(
    ', screening on 30 % of the workload (1 seed, risk 0.05, correlation 0.5, after 6 pairs), racing over',
  );
  expect(code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a study with budget savers', () => {
  test('stops some trials and writes why into the journal', () => {
    const verdicts = stoppedLines('one').map((line) => (JSON.parse(line) as { outcome: { verdict: object } }).outcome);
    expect(verdicts.length).toBeGreaterThan(0);
    expect(journal('one').match(/"short":\[\{"seed":1,/g)).toHaveLength(12);
    for (const { verdict } of verdicts) {
      expect(verdict).toMatchObject({
        rule: expect.any(String),
        chance: expect.any(Number),
        figures: expect.any(Array),
      });
    }
  });

  test('records the settings, and reports replicates and savings', () => {
    expect(JSON.parse(readFileSync(at('one', 'plan.json'), 'utf8'))).toMatchObject({
      resolved: {
        racing: { firstSeeds: 1, risk: 0.02, after: 4 },
        screening: { fraction: 0.3, seeds: 1, correlation: 0.5, risk: 0.05, after: 6 },
      },
    });
    const report = JSON.parse(readFileSync(at('one', 'report.json'), 'utf8'));
    const stopped = report.trials.filter(({ status }: { status: string }) => status === 'stopped');
    expect(report.savings.stopped).toBe(stoppedLines('one').length);
    expect(report.savings.simulations).toBe(
      report.trials.reduce((sum: number, { replicates }: { replicates: number }) => sum + replicates, 0),
    );
    expect(report.savings.simulations).toBeLessThan(report.savings.withoutSavers);
    for (const trial of stopped) {
      expect(trial).toMatchObject({ onFront: false, feasible: false, metrics: {} });
      expect(trial.reason).toMatch(/^stopped after (the short run|[123] of 4 seeds): .*chance of error/);
      expect(report.front).not.toContain(trial.number);
    }
    expect(readFileSync(at('one', 'report.html'), 'utf8')).toContain('Budget savers:');
    expect(readFileSync(at('one', 'trials.csv'), 'utf8').split('\n')[0]).toContain(',replicates,');
  });

  test('gives the same bytes with two workers', async () => {
    expect((await paretune(['run', 'study.yaml', '--out', 'two', '--workers', '2', '--quiet'], folder)).code).toBe(0);
    for (const name of ['journal.jsonl', 'plan.json', 'report.json', 'report.html', 'trials.csv']) {
      expect(readFileSync(at('two', name), 'utf8'), name).toBe(readFileSync(at('one', name), 'utf8'));
    }
  });

  test('goes on after kill -9 to the same journal', async () => {
    const killed = await interruptedAt(
      at('killed', 'journal.jsonl'),
      14,
      'SIGKILL',
      ['run', 'study.yaml', '--out', 'killed', '--workers', '2'],
      folder,
    );
    expect(killed.signal).toBe('SIGKILL');
    expect(journal('killed').length).toBeLessThan(journal('one').length);
    expect((await paretune(['resume', 'killed', '--quiet'], folder)).code).toBe(0);
    expect(journal('killed')).toBe(journal('one'));
  });

  test('is verified entry by entry, decisions included', async () => {
    expect((await paretune(['verify', 'one', '--quiet'], folder)).code).toBe(0);
  });
});

test('a mistake in the settings is one line with file, line, key and suggestion, and nothing is written', async () => {
  writeFileSync(at('bad.yaml'), STUDY.replace('first_seeds', 'first_seed'));
  const { code, stderr } = await paretune(['run', 'bad.yaml', '--out', 'bad'], folder);
  expect(stderr).toMatch(
    /^paretune: bad\.yaml:9:\d+ racing\.first_seed: unknown key "first_seed"; did you mean "first_seeds"\?[^\n]*\n$/,
  );
  expect(code).toBe(2);
  expect(existsSync(at('bad'))).toBe(false);
});
