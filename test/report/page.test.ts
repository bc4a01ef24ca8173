import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trialsCsv } from '../../src/report/export-csv.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { analyticReport, HOSTILE } from '../support/analytic-report.ts';
import { axeViolations, openBrowser, type Watched, watchedPage } from '../support/browser.ts';

let folder: string;
let report: StudyReport;
let browser: Browser;
let page: Page;
let watched: Watched;
const address = (): string => `file://${join(folder, 'report.html')}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paretune-page-'));
  report = await analyticReport();
  await writeReport(folder, report);
  browser = await openBrowser();
  watched = await watchedPage(browser);
  page = watched.page;
  await page.goto(address());
}, 120_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Scrolls through the page, so that every chart is drawn. */
async function drawAll(on: Page): Promise<void> {
  await on.evaluate('dispatchEvent(new Event("beforeprint"))');
  await on.waitForFunction('document.querySelectorAll("figure[data-chart]:not([data-drawn])").length === 0');
}

describe('report page in a browser', () => {
  test('needs nothing but itself, under a policy that allows one script by its hash, and raises no error', async () => {
    await drawAll(page);
    expect(watched.requests).toEqual([address()]);
    expect(watched.problems).toEqual([]);
    expect(await page.getAttribute('meta[http-equiv]', 'content')).toMatch(
      /default-src 'none'; script-src 'sha256-[^ ]+';/,
    );
    expect(statSync(join(folder, 'report.html')).size).toBeLessThan(3e6);
  });

  test('the first screen says what was tuned, which point to take with intervals and constraints, and its alternatives', async () => {
    const facts = await page.textContent('.facts');
    expect(facts).toContain('Tuned');
    const chosen = await page.textContent('.card.chosen');
    expect(chosen).toContain(`Recommended: trial ${report.decision.recommended}`);
    expect(chosen).toMatch(/cost .*\[.*\], (better|worse|no clear difference), fresh seeds/);
    expect(chosen).toContain('share ≥ 0.1: holds');
    expect(await page.$$('.card')).toHaveLength(2 + report.decision.alternatives.length);
  });

  test('a brush marks the same trials in every chart and table, and can be taken back', async () => {
    const box = (await (await page.$('[data-chart=pareto] .drawing .background >> nth=1'))?.boundingBox())!;
    await page.evaluate('document.querySelector("[data-chart=pareto]").scrollIntoView()');
    const at = (await (await page.$('[data-chart=pareto] svg'))!.boundingBox())!;
    expect(box).toBeDefined();
    await page.mouse.move(at.x + at.width * 0.3, at.y + at.height * 0.25);
    await page.mouse.down();
    await page.mouse.move(at.x + at.width * 0.95, at.y + at.height * 0.85, { steps: 6 });
    await page.mouse.up();
    await page.waitForSelector('#marked:not([hidden])');
    const faded = await page.$$eval('#trials ~ .tall tr.faded', (rows) => rows.length);
    expect(faded).toBeGreaterThan(0);
    expect(faded).toBeLessThan(report.trials.length);
    const faint = await page.$$eval(
      '[data-chart=parallel] .mark-line path',
      (paths) => paths.filter((path) => Number(path.getAttribute('opacity')) < 0.1).length,
    );
    expect(faint).toBe(faded);
    await page.click('[data-do=unmark]');
    expect(await page.$$('tr.faded')).toHaveLength(0);
  });

  test('a click on a point or a number opens parameters, metrics seed by seed and the export', async () => {
    await page.evaluate('document.querySelector("[data-chart=pareto]").scrollIntoView()');
    await page.click('[data-chart=pareto] .pair0_marks path >> nth=0', { force: true });
    await page.waitForSelector('dialog[open]');
    expect(await page.textContent('#detail-title')).toBe('Trial 0');
    await page.click('[data-do=close]');
    const number = report.decision.recommended!;
    await page.click(`.card.chosen button[data-trial="${number}"]`);
    const text = await page.textContent('dialog[open]');
    expect(text).toContain(`Trial ${number}`);
    for (const part of ['Parameters', 'Objectives', 'fresh seeds 11, 12, 13', `--point ${number} --as epp`])
      expect(text).toContain(part);
    await page.click('[data-do=close]');
  });

  test('the theme changes on a click, and follows the system before', async () => {
    const paper = async (on: Page): Promise<string> =>
      String(await on.evaluate('getComputedStyle(document.body).backgroundColor'));
    expect(await paper(page)).toBe('rgb(255, 255, 255)');
    await page.click('[data-do=theme]');
    expect(await paper(page)).toBe('rgb(18, 23, 28)');
    expect(await axeViolations(page)).toEqual([]);
    await page.click('[data-do=theme]');
    expect(await paper(page)).toBe('rgb(255, 255, 255)');
  }, 120_000);

  test('a phone of 400 px sees all of it without scrolling sideways', async () => {
    const phone = await watchedPage(browser, { width: 400, height: 800 });
    await phone.page.goto(address());
    await drawAll(phone.page);
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    expect(await axeViolations(phone.page)).toEqual([]);
    expect(phone.problems).toEqual([]);
    await phone.page.close();
  }, 120_000);

  test('prints with every chart and every objective of the front inside the paper', async () => {
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 720, height: 1000 });
    const beyond = await page.$$eval('main table, main figure', (parts) =>
      parts.filter((part) => part.getBoundingClientRect().right > 721).map((part) => part.outerHTML.slice(0, 80)),
    );
    expect(beyond).toEqual([]);
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('lists every trial, and the baseline comparison on tuning and fresh seeds', async () => {
    expect(await page.$$eval('.tall tbody tr', (rows) => rows.length)).toBe(report.trials.length);
    const headings = await page.$$eval('summary', (nodes) => nodes.map((node) => node.textContent));
    expect(headings.some((text) => text?.includes('tuning seeds 1, 2, 3'))).toBe(true);
    expect(headings.some((text) => text?.includes('fresh seeds 11, 12, 13'))).toBe(true);
  });

  test('shows names as text, whatever they contain', async () => {
    expect(await page.textContent('main p')).toBe(HOSTILE);
    expect(await page.$$('main script')).toHaveLength(0);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).not.toContain('<script>alert');
  });
});

describe('the report itself', () => {
  test('the front is feasible', () => {
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
