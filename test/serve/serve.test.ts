import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../src/serve/start-server.ts';
import { axeViolations, openBrowser, watchedPage } from '../support/browser.ts';
import { FRONT_FORM, frontStudy, marksOf, says, textOf } from '../support/live-page.ts';
import { type GrowingRun, growingRun, recordRun } from '../support/record-run.ts';

const TRIALS = 60;
const STUDY = `${frontStudy(TRIALS)}description: '<img src=x onerror=alert(1)>'\n`;

const root = mkdtempSync(join(tmpdir(), 'paretune-serve-'));
let run: GrowingRun;
let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  run = await growingRun(join(root, 'one'), { study: STUDY }, FRONT_FORM);
  run.goOn(10);
  await recordRun(join(root, 'two'), { study: STUDY.replace('60', '12') }, FRONT_FORM);
  await recordRun(join(root, 'other'), { study: STUDY.replace('60', '12').replace('[1, 2]', '[7, 8]') }, FRONT_FORM);
  server = await startServer(root, 0);
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  run?.close();
  rmSync(root, { recursive: true, force: true });
});

/** Status of a GET with headers of one's own. */
async function statusOf(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { port } = new URL(server.address);
  return await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('paretune serve', () => {
  test('listens on the loopback interface and refuses other hosts, other origins and writing', async () => {
    expect(new URL(server.address).hostname).toBe('127.0.0.1');
    expect(await statusOf('/', {})).toBe(200);
    expect(await statusOf('/', { host: 'evil.example' })).toBe(403);
    expect(await statusOf('/', { origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf('/', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusOf('/', {}, 'POST')).toBe(405);
    expect(await statusOf('/run/..%2F..%2Fetc', {})).toBe(404);
    const answer = await fetch(server.address);
    expect(answer.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'sha256-.*frame-ancestors 'none'/,
    );
  });

  test('lists runs with progress and best points, as text whatever they are called', async () => {
    const { page, problems } = await watchedPage(browser);
    await page.goto(server.address);
    expect(await page.textContent('#live-list')).toContain(`10 of ${TRIALS}`);
    expect(await page.textContent('#live-list')).toContain('p99_ms');
    expect(await axeViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('the live page has no violation of any rule of axe-core, and no sideways scrolling on a phone', async () => {
    const { page } = await watchedPage(browser, { width: 400, height: 800 });
    await page.goto(`${server.address}run/one`);
    await says(page, '#connection', 'live');
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    await page.close();
  }, 120_000);

  test('a recorded run that goes on is seen live, without loading the page again', async () => {
    const { page, problems } = await watchedPage(browser);
    await page.goto(`${server.address}run/one`);
    await says(page, '#live-progress', `10 of ${TRIALS}`);
    await says(page, '#connection', 'live');
    run.goOn(5);
    await says(page, '#live-progress', `15 of ${TRIALS}`);
    expect(problems).toEqual([]);
    expect(await statusOf('/run/one/report', {})).toBe(200);
    await page.close();
  }, 120_000);

  test('a chart takes new trials into what it shows, and one that nobody sees does so when somebody comes to it', async () => {
    const { page, problems } = await watchedPage(browser);
    await page.goto(`${server.address}run/one`);
    const [front, course] = ['[data-chart=pareto]', '[data-chart=objectives]'];
    const scrollTo = async (selector: string): Promise<void> =>
      await page.$eval(selector, (figure) => figure.scrollIntoView({ block: 'center' }));
    const points = async (selector: string): Promise<number> => await marksOf(page, `${selector} .mark-symbol`);
    for (const chart of [course, front]) {
      await scrollTo(chart);
      await page.waitForSelector(`${chart}[data-drawn]`);
      await page.$eval(`${chart} svg`, (svg) => svg.setAttribute('data-kept', 'yes'));
    }
    const [before, elsewhere] = [await points(front), await points(course)];
    run.goOn(5);
    await expect.poll(() => points(front), { interval: 20, timeout: 30_000 }).toBe(before + 5);
    await says(page, '#live-tables', `${before + 4}`);
    expect(await points(course)).toBe(elsewhere);
    await scrollTo(course);
    await expect.poll(() => points(course), { interval: 20, timeout: 30_000 }).toBe(elsewhere + 10);
    expect(await page.$$('svg[data-kept]')).toHaveLength(2);
    expect(problems).toEqual([]);
    await page.close();
  }, 120_000);

  test('two runs are compared, seed by seed, with their histories', async () => {
    const { page, problems } = await watchedPage(browser);
    await page.goto(`${server.address}run/one`);
    await page.click('a:has-text("two")');
    await page.waitForSelector('[data-chart=histories][data-drawn]');
    expect(await textOf(page, 'main')).toContain('Seeds on which points were chosen 1, 2');
    expect(await page.$$('table tr:has-text("p99_ms")')).toHaveLength(1);
    expect(await axeViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 120_000);

  test('runs that share no seed are not compared, and the answer says why', async () => {
    const answer = await fetch(`${server.address}compare?a=two&b=other`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('no seed in common: two was measured on 1, 2, other on 7, 8\n');
  });

  test('a port that is taken is one line', async () => {
    await expect(startServer(root, Number(new URL(server.address).port))).rejects.toThrow(
      /cannot be used \(EADDRINUSE\)/,
    );
  });
});
