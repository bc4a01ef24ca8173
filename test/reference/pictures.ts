import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startServer } from '../../src/serve/start-server.ts';
import { openBrowser, watchedPage } from '../support/browser.ts';
import { palettePng } from './palette-png.ts';

// Pictures of docs/reports.md, from the two runs that page makes: npm run pictures -- runs/quickstart runs/longer
const [run, other] = process.argv.slice(2).map((name) => resolve(name));
if (run === undefined || other === undefined) throw new Error('name two run folders');
const TARGET = new URL('../../docs/images/', import.meta.url).pathname;
const VIEW = { width: 1180, height: 820 };

/** For the browser, which can read a PNG: red, green, blue and opacity of each pixel, as base64. */
const PIXELS = `async (png) => {
  const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const reader = new FileReader();
  const read = new Promise((resolve) => reader.addEventListener('load', resolve));
  reader.readAsDataURL(new Blob([data]));
  await read;
  return reader.result.replace(/^.*,/, '');
}`;

const folder = mkdtempSync(join(tmpdir(), 'paretune-pictures-'));
mkdirSync(TARGET, { recursive: true });
const browser = await openBrowser();
try {
  await reportPictures(browser, join(run, 'report.html'));
  await servedPictures(browser, run, other);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

async function shot(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400);
  const png = await page.screenshot();
  const empty = await browser.newPage();
  const rgba = String(await empty.evaluate(`(${PIXELS})('${png.toString('base64')}')`));
  await empty.close();
  writeFileSync(join(TARGET, name), palettePng({ ...VIEW, rgba: Buffer.from(rgba, 'base64') }));
}

async function reportPictures(from: Browser, file: string): Promise<void> {
  const { page } = await watchedPage(from, VIEW);
  await page.goto(pathToFileURL(file).href);
  await shot(page, 'report-first.png');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shotOf(page, 'pareto', 'report-front-dark.png');
  await page.emulateMedia({ colorScheme: 'light' });
  await shotOf(page, 'slices0', 'report-model.png');
  await page.close();
}

/** A view that begins with a chart. */
async function shotOf(page: Page, chart: string, name: string): Promise<void> {
  const figure = page.locator(`[data-chart=${chart}]`);
  await figure.scrollIntoViewIfNeeded();
  await page.waitForSelector(`[data-chart=${chart}][data-drawn]`);
  await figure.evaluate((element) => element.scrollIntoView());
  await shot(page, name);
}

/** A run that has not ended, beside one that has. */
async function servedPictures(from: Browser, ended: string, second: string): Promise<void> {
  cpSync(ended, join(folder, 'quickstart'), { recursive: true });
  cpSync(second, join(folder, 'longer'), { recursive: true });
  cpSync(ended, join(folder, 'running'), { recursive: true });
  const journal = join(folder, 'running', 'journal.jsonl');
  const lines = readFileSync(journal, 'utf8').split('\n');
  writeFileSync(journal, `${lines.slice(0, Math.floor(lines.length * 0.6)).join('\n')}\n`);
  const server = await startServer(folder, 0);
  const { page } = await watchedPage(from, VIEW);
  await page.goto(`${server.address}run/running`);
  await page.waitForSelector('[data-chart=pareto][data-drawn]');
  await shot(page, 'live.png');
  await page.goto(`${server.address}compare?a=quickstart&b=longer&pa=baseline&pb=2`);
  await page.waitForSelector('[data-chart=histories][data-drawn]');
  await shot(page, 'compare.png');
  await page.close();
  await server.close();
}
