import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { trialsCsv } from '../../src/report/export-csv.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { type JournalEntry, replay } from '../../src/study/journal.ts';
import { runStudy } from '../../src/study/run-study.ts';
import { analyticSimulator } from '../support/analytic-simulator.ts';
import { inlineEvaluator, planOf, STUDY } from '../support/plan-builder.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const HOSTILE = 'toy <script>alert(1)</script> & "study"';

let folder: string;
let report: StudyReport;
let browser: Browser;
let page: Page;
const requests: string[] = [];
const problems: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paretune-page-'));
  const simulator = analyticSimulator(0.01);
  const study = `${STUDY.replace('trials: 9', 'trials: 16')}description: '${HOSTILE}'\nvalidation: {seeds: [11, 12, 13], points: 2}\nconstraints: [{metric: share, at_least: 0.1}]\n`;
  const plan = await planOf({ study }, simulator);
  const started: JournalEntry = {
    kind: 'study-started',
    format: 1,
    plan: plan.hash,
    name: plan.name,
    tool: 'test',
    node: 20,
  };
  const entries: JournalEntry[] = [];
  const run = runStudy({
    plan,
    sampler: createSampler('sobol'),
    evaluate: inlineEvaluator(plan, simulator),
    started,
    entries: [],
  });
  for await (const entry of run) entries.push(entry);
  report = buildReport(plan, replay(entries), 'test');
  await writeReport(folder, report);
  if (CHROMIUM === undefined)
    throw new Error("these tests open the page in Debian's chromium: apt-get install chromium");
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  page = await browser.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`file://${join(folder, 'report.html')}`);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('report page in a browser', () => {
  test('needs nothing but itself, and raises no error', () => {
    expect(requests).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  test('shows the scatter, the history, bars and trends of the sensitivity and the parallel coordinates', async () => {
    const sizes = await page.$$eval('figure svg', (charts) =>
      charts.map((chart) => chart.getBoundingClientRect().width),
    );
    expect(sizes).toHaveLength(1 + 1 + 2 * 2 + 1);
    for (const width of sizes) expect(width).toBeGreaterThan(200);
  });

  test('draws front, baseline and their neighbours in the scatter', async () => {
    const marks = await page.$$eval(
      'figure:first-of-type svg .mark-symbol path[aria-roledescription="point"]',
      (nodes) => nodes.length,
    );
    expect(marks).toBeGreaterThan(report.front.length);
  });

  test('lists every trial, and the baseline comparison on tuning and fresh seeds', async () => {
    expect(await page.$$eval('.scroll tbody tr', (rows) => rows.length)).toBe(report.trials.length);
    const headings = await page.$$eval('h3', (nodes) => nodes.map((node) => node.textContent));
    expect(headings.some((text) => text?.includes('tuning seeds 1, 2, 3'))).toBe(true);
    expect(headings.some((text) => text?.includes('fresh seeds 11, 12, 13'))).toBe(true);
  });

  test('shows names as text, whatever they contain', async () => {
    expect(await page.textContent('main p')).toBe(HOSTILE);
    expect(await page.$$('main script')).toHaveLength(0);
  });
});

describe('the report itself', () => {
  test('the front is feasible and non-dominated, and matches the closed form', () => {
    expect(report.front.length).toBeGreaterThan(0);
    for (const number of report.front) {
      const { parameters } = report.trials[number]!;
      expect(1 - (parameters['x'] as number)).toBeGreaterThanOrEqual(0.1);
    }
  });

  test('hypervolume never falls', () => {
    for (const [index, value] of report.hypervolume.values.entries()) {
      expect(value).toBeGreaterThanOrEqual(report.hypervolume.values[index - 1] ?? 0);
    }
  });

  test('the comparison is paired: noise common to both sides cancels', () => {
    for (const { rows } of report.comparisons) {
      for (const { improvement, low, high } of rows) {
        expect(low).toBeLessThanOrEqual(improvement);
        expect(high).toBeGreaterThanOrEqual(improvement);
      }
    }
  });

  test('the CSV has a row a trial and a column a parameter and metric', async () => {
    const lines = (await trialsCsv(report)).trim().split('\n');
    expect(lines).toHaveLength(report.trials.length + 1);
    expect(lines[0]!.split(',')).toEqual(
      expect.arrayContaining(['trial', 'x', 'y', 'cost', 'cost_low', 'gain', 'share']),
    );
  });
});
