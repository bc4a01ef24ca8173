import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnTable, fromArrow } from 'arquero';
import { describe, expect, test } from 'vitest';
import { arrowFile } from '../../src/report/export-arrow.ts';
import { replicateSummary, replicateTable } from '../../src/report/replicate-table.ts';
import { reportTrials } from '../../src/report/report-trials.ts';
import { trialTable } from '../../src/report/trial-table.ts';
import { paretoFront } from '../../src/study/front.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import type { ObservedOutcome, Trial } from '../../src/study/trial.ts';
import { planOf } from '../support/plan-builder.ts';

const REPORTS = new URL('../../reports/orthogonal-slo/', import.meta.url).pathname;
/** Studies without policy modules: their plans are read whatever the modules here say today. */
const RECORDED = ['llm-d-weighted', 'overload/llm-d-weighted', 'overload/llm-d-weighted-slots'];
const first = async () => await readRecorded(join(REPORTS, RECORDED[0]!));

const trialsOf = (plan: StudyPlan, trials: readonly Trial[]): ColumnTable =>
  trialTable(reportTrials(plan, trials, paretoFront(plan, trials)));

const observed = (costs: readonly number[], seeds = costs.map((_, index) => index + 1)): ObservedOutcome => ({
  kind: 'observed',
  replicates: costs.map((cost, index) => ({ seed: seeds[index]!, metrics: { cost, gain: -cost, share: 0.5 } })),
});
const trial = (number: number, outcome: Trial['outcome'], more: Partial<Trial> = {}): Trial => ({
  number,
  origin: 'sampler',
  seen: 0,
  values: { x: number / 10, y: 0.25 },
  outcome,
  validation: null,
  ...more,
});

describe('trial table', () => {
  test.each(RECORDED)('writes the trials.csv recorded in %s again, byte for byte but for bounds', async (name) => {
    const folder = join(REPORTS, name);
    const { plan, state } = await readRecorded(folder);
    expect(state.trials.length).toBeGreaterThan(20);
    const cells = (csv: string): string[][] => csv.split('\n').map((line) => line.split(','));
    const recorded = cells(readFileSync(join(folder, 'trials.csv'), 'utf8'));
    const written = cells(trialsOf(plan, state.trials).toCSV());
    const isBound = recorded[0]!.map((column) => /_(?:low|high)$/.test(column));
    const without = (rows: string[][]): string[][] => rows.map((row) => row.filter((_, index) => !isBound[index]));
    expect(without(written)).toEqual(without(recorded));
    // Bounds of intervals to 13 digits: the last ones are those of the quantile of Student's t.
    const apart = recorded.flatMap((row, r) =>
      row.flatMap((cell, c) => {
        const difference = Math.abs(Number(cell) - Number(written[r]![c]));
        return isBound[c] && r > 0 && difference > 1e-13 * Math.abs(Number(cell)) ? [`${r} ${recorded[0]![c]}`] : [];
      }),
    );
    expect(apart).toEqual([]);
  });

  test('has its columns before there is a trial', async () => {
    const header = trialsOf(await planOf(), []).toCSV();
    expect(header).toMatch(/^trial,origin,status,feasible,front,x,y,cost,cost_low,cost_high,[^\n]*\n$/);
  });

  test('a parameter named like another column has a column of its own', async () => {
    const named = (text: string) =>
      text.replace('name: x,', 'name: status,').replace('"$' + '{x}"', '"$' + '{status}"');
    const plan = await planOf({
      strategy: named('name: toy\nsimulator: analytic\nconfig: {x: "$' + '{x}", y: "$' + '{y}"}\n'),
      space: named(
        'parameters:\n  - {name: x, type: real, low: 0, high: 1}\n  - {name: y, type: real, low: 0, high: 1}\n',
      ),
    });
    const trials = [trial(0, observed([1, 2, 3]), { values: { status: 0.75, y: 0.5 } })];
    for (const table of [trialsOf(plan, trials), replicateTable(plan, trials)]) {
      expect(table.object(0)).toMatchObject({ status: 'observed', 'parameter.status': 0.75, y: 0.5 });
    }
  });
});

describe('replicate table', () => {
  test('has a row per simulation: tuning seeds and fresh seeds of every trial that was measured', async () => {
    const plan = await planOf();
    const trials = [
      trial(0, observed([1, 2, 3]), { validation: observed([7], [11]) }),
      trial(1, { kind: 'infeasible', reason: 'too much' }),
      trial(2, observed([4, 5, 6])),
      trial(3, null),
    ];
    const table = replicateTable(plan, trials);
    const rows = table.select('trial', 'status', 'stage', 'seed', 'x', 'cost').objects();
    expect(rows.map((row) => Object.values(row))).toEqual([
      [0, 'observed', 'tuning', 1, 0, 1],
      [0, 'observed', 'tuning', 2, 0, 2],
      [0, 'observed', 'tuning', 3, 0, 3],
      [0, 'observed', 'validation', 11, 0, 7],
      [2, 'observed', 'tuning', 1, 0.2, 4],
      [2, 'observed', 'tuning', 2, 0.2, 5],
      [2, 'observed', 'tuning', 3, 0.2, 6],
    ]);
    expect(table.columnNames()).not.toContain('workload');
  });

  test('over several workloads has a row for each, in its own unit, beside the ratio of its seed', async () => {
    const plain = await planOf();
    const [cost] = plain.metrics;
    const plan: StudyPlan = {
      ...plain,
      regimes: {
        aggregate: 'worst',
        workloads: ['idle', 'busy'].map((name) => ({ name, workload: null, config: null })),
      },
      metrics: ['cost', 'cost@idle', 'cost@busy', 'own@busy'].map((name) => ({ ...cost!, name })),
    };
    const metrics = { cost: 1.5, 'cost@idle': 10, 'cost@busy': 300, 'own@busy': 2 };
    const trials = [trial(0, { kind: 'observed', replicates: [{ seed: 1, metrics }] })];
    expect(replicateTable(plan, trials).select('seed', 'workload', 'cost', 'own', 'cost@worst').objects()).toEqual([
      { seed: 1, workload: 'idle', cost: 10, own: null, 'cost@worst': 1.5 },
      { seed: 1, workload: 'busy', cost: 300, own: 2, 'cost@worst': 1.5 },
    ]);
    const summary = replicateSummary(plan, trials).objects() as { workload: string; metric: string; mean: number }[];
    expect(summary.map(({ workload, metric, mean }) => [workload, metric, mean])).toEqual([
      ['idle', 'cost', 10],
      ['idle', 'cost@worst', 1.5],
      ['busy', 'cost', 300],
      ['busy', 'own', 2],
      ['busy', 'cost@worst', 1.5],
    ]);
  });
});

describe('summary over seeds', () => {
  test('gives mean, deviation, extremes and quartiles by trial and stage', async () => {
    const trials = [
      trial(0, observed([4, 1, 3, 12])),
      trial(1, observed([2]), { validation: observed([6, 8], [11, 12]) }),
    ];
    const rows = replicateSummary(await planOf(), trials)
      .filter(`d => d.metric === 'cost'`)
      .select('trial', 'stage', 'n', 'mean', 'sd', 'min', 'q25', 'median', 'q75', 'max')
      .objects();
    expect(rows.map((row) => Object.values(row))).toEqual([
      [0, 'tuning', 4, 5, expect.closeTo(Math.sqrt(70 / 3), 12), 1, 2.5, 3.5, 6, 12],
      [1, 'tuning', 1, 2, undefined, 2, 2, 2, 2, 2],
      [1, 'validation', 2, 7, Math.sqrt(2), 6, 6.5, 7, 7.5, 8],
    ]);
  });

  test('has the means of the trial table to the bit', async () => {
    const { plan, state } = await first();
    const trials = trialsOf(plan, state.trials);
    const rows = replicateSummary(plan, state.trials).filter(`d => d.stage === 'tuning'`);
    expect(rows.numRows()).toBeGreaterThan(500);
    const means = rows.objects() as { trial: number; metric: string; mean: number }[];
    const wrong = means.filter(({ trial: row, metric, mean }) => trials.get(metric, row) !== mean);
    expect(wrong).toEqual([]);
  });
});

describe('Arrow file', () => {
  test('read back, it is the table', async () => {
    const { plan, state } = await first();
    const trials = state.trials.slice(0, 12);
    for (const table of [trialsOf(plan, trials), replicateTable(plan, trials), replicateSummary(plan, trials)]) {
      const again = fromArrow(arrowFile(table));
      expect(again.columnNames()).toEqual(table.columnNames());
      expect(again.objects()).toEqual(table.objects());
    }
  });

  test('keeps missing values, large seeds and text; a column of text and numbers is text', async () => {
    const space = `parameters:
  - {name: x, type: categorical, choices: [auto, 8, true]}
  - {name: y, type: categorical, choices: [true, false]}
`;
    const plan = await planOf({ space });
    const trials = [
      trial(0, observed([1], [Number.MAX_SAFE_INTEGER]), { values: { x: 'auto', y: true } }),
      trial(1, observed([2], [0]), { values: { x: 8 } }),
    ];
    expect(
      fromArrow(arrowFile(replicateTable(plan, trials)))
        .select('seed', 'x', 'y', 'cost')
        .objects(),
    ).toEqual([
      { seed: Number.MAX_SAFE_INTEGER, x: 'auto', y: true, cost: 1 },
      { seed: 0, x: '8', y: null, cost: 2 },
    ]);
    expect(
      fromArrow(arrowFile(trialsOf(plan, [trial(0, { kind: 'failed', message: 'x' })]))).get('cost', 0),
    ).toBeNull();
  });

  test('is the same bytes every time', async () => {
    const table = trialsOf(await planOf(), [trial(0, observed([1, 2, 3]))]);
    expect(Buffer.compare(arrowFile(table), arrowFile(table))).toBe(0);
  });
});
