import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import { axeViolations, openBrowser, watchedPage } from '../support/browser.ts';
import { frontStudy } from '../support/live-page.ts';
import { recordRun } from '../support/record-run.ts';

const TRIALS = 200;
const STUDY = `${frontStudy(TRIALS).replace(']\nconstraints', ', {metric: p50_ms}]\nconstraints')}validation: {seeds: [11, 12, 13], points: 4}\n`;

const folder = mkdtempSync(join(tmpdir(), 'paretune-report-page-'));
const file = join(folder, 'report.html');
let browser: Browser;

beforeAll(async () => {
  const run = join(folder, 'run');
  await recordRun(run, { study: STUDY }, ({ a, b }, seed) => ({
    p99_ms: a! + 1 / b! + seed / 50,
    kv_migration_bytes: b! + 1 / a! + seed / 70,
    p50_ms: a! * b! + 4 / (a! + b!) + seed / 60,
    p95_ms: 40 + a! * b!,
  }));
  const { plan, state } = await readRecorded(run);
  await writeReport(folder, buildReport(plan, state, 'test'));
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a report of 200 trials and three objectives', () => {
  test('has under 3 MB and opens in Chromium in under 2 s', async () => {
    expect(statSync(file).size).toBeLessThan(3e6);
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { page, requests, problems } = await watchedPage(browser);
      const from = performance.now();
      await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
      delays.push(performance.now() - from);
      expect(problems).toEqual([]);
      expect(requests).toHaveLength(1);
      await page.close();
    }
    console.info(`opened after ${delays.map((ms) => Math.round(ms)).join(', ')} ms, ${statSync(file).size} bytes`);
    expect(Math.min(...delays)).toBeLessThan(2000);
  }, 120_000);

  test.each([
    [1280, 'light'],
    [400, 'dark'],
  ] as const)(
    'at %i px, %s, has no violation of any rule of axe-core and does not scroll sideways',
    async (width, colorScheme) => {
      const { page, problems } = await watchedPage(browser, { width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.goto(pathToFileURL(file).href);
      await page.evaluate('dispatchEvent(new Event("beforeprint"))');
      await page.waitForFunction('document.querySelectorAll("figure[data-chart]:not([data-drawn])").length === 0');
      expect(await axeViolations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(problems).toEqual([]);
      await page.close();
    },
    120_000,
  );
});
