import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../src/serve/start-server.ts';
import { axeViolations, openBrowser, type Watched, watchedPage } from '../support/browser.ts';
import { FRONT_FORM, frontStudy, marksOf, says, textOf } from '../support/live-page.ts';
import { type GrowingRun, growingRun } from '../support/record-run.ts';

const TRIALS = 60;
/** Every chart is in view: those elsewhere are drawn when they come into it. */
const TALL = { width: 1280, height: 6000 };

const root = mkdtempSync(join(tmpdir(), 'paretune-live-'));
let run: GrowingRun;
let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  run = await growingRun(join(root, 'one'), { study: frontStudy(TRIALS) }, FRONT_FORM);
  run.goOn(10);
  server = await startServer(root, 0);
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  run?.close();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

const shows = async (page: Page, count: number): Promise<void> =>
  await says(page, '#live-progress', `${count} of ${TRIALS}`);

const marks = async (page: Page): Promise<number> => await marksOf(page, '[data-chart=pareto] .pair0_marks');

describe('a study of 60 trials in a browser', () => {
  test('is followed to its end: front and history within a second, and a second reader sees the same', async () => {
    const one = await watchedPage(browser, TALL);
    const other = await watchedPage(browser, TALL);
    for (const { page } of [one, other]) {
      await page.goto(`${server.address}run/one`, { timeout: 90_000 });
      await shows(page, 10);
      await page.waitForSelector('[data-chart=pareto][data-drawn]');
    }
    await one.page.waitForSelector('[data-chart=hypervolume][data-drawn]');
    const history = async (): Promise<string | null> =>
      await one.page.getAttribute('[data-chart=hypervolume] .layer_0_marks path', 'd');
    const delays: number[] = [];
    for (let finished = 20; finished <= TRIALS; finished += 10) {
      const before = await history();
      const from = performance.now();
      run.goOn(10);
      await shows(one.page, finished);
      await expect.poll(() => marks(one.page), { interval: 20, timeout: 30_000 }).toBe(finished);
      await expect.poll(history, { interval: 20, timeout: 30_000 }).not.toBe(before);
      delays.push(performance.now() - from);
      await shows(other.page, finished);
    }
    run.goOn(1);
    await says(one.page, '#live-progress', 'ended');
    await says(other.page, '#live-progress', 'ended');
    console.info(`front and history after ${delays.map((ms) => Math.round(ms)).join(', ')} ms`);
    // Tables come last, after the charts.
    const tables = async ({ page }: Watched): Promise<string> => await textOf(page, '#live-tables');
    await says(one.page, '#live-tables', `${TRIALS - 1}`);
    await expect.poll(() => tables(other), { timeout: 30_000 }).toBe(await tables(one));
    expect(await axeViolations(one.page)).toEqual([]);
    expect([...one.problems, ...other.problems]).toEqual([]);
    expect(one.requests.every((address) => address.startsWith(server.address))).toBe(true);
    await one.page.close();
    await other.page.close();
    expect(Math.max(...delays)).toBeLessThan(1000);
  }, 120_000);

  test('goes on by itself when the server was ended and started again', async () => {
    const { page } = await watchedPage(browser);
    await page.goto(`${server.address}run/one`, { timeout: 90_000 });
    await says(page, '#connection', 'live');
    const port = Number(new URL(server.address).port);
    await server.close();
    await says(page, '#connection', 'lost');
    server = await startServer(root, port);
    await says(page, '#connection', 'live');
    await says(page, '#live-progress', `of ${TRIALS}`);
    run.goOn(Number.POSITIVE_INFINITY);
    await shows(page, TRIALS);
    await page.close();
  }, 120_000);
});
