import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { type RunningServer, startServer } from '../../src/serve/start-server.ts';
import { JournalFile } from '../../src/study/io/journal-file.ts';
import { createRunFolder } from '../../src/study/io/run-folder.ts';
import { planOf as planToRun, startedEntry } from '../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { runStudy } from '../../src/study/run-study.ts';
import type { Evaluate } from '../../src/study/trial.ts';
import { axeViolations, openBrowser, watchedPage } from '../support/browser.ts';
import { sourcesOf } from '../support/plan-builder.ts';
import { replicatesOf } from '../support/trials.ts';

const TRIALS = 60;
const STRATEGY =
  'name: kv\nsimulator: kvsched\nconfig: {scheduler: kv_heuristic, weights: {w_queue: "${a}", w_migration_ms: "${b}"}}\nbaseline: {a: 1, b: 1}\n';
const SPACE = 'parameters: {a: [0.1, 10], b: [0.1, 10]}\n';
const STUDY = `name: live
description: '<img src=x onerror=alert(1)>'
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
constraints: [{metric: p95_ms, at_most: 85}]
seeds: [1, 2]
budget: {trials: ${TRIALS}}
sampler: random
`;

const root = mkdtempSync(join(tmpdir(), 'paretune-serve-'));
let plan: StudyPlan;
let entries: JournalEntry[];
let journal: JournalFile;
let server: RunningServer;
let browser: Browser;

/** A closed form in place of the simulator: what is followed here is the journal. */
const evaluate: Evaluate = async (values, seeds) => {
  const [a, b] = [values['a'] as number, values['b'] as number];
  const figures: Record<string, number> = { p99_ms: a + 1 / b, kv_migration_bytes: b + 1 / a, p95_ms: 40 + a * b };
  const row = (name: string): [string, number[]] => [name, seeds.map(() => figures[name] ?? 1)];
  return { kind: 'observed', replicates: replicatesOf(Object.fromEntries(plan.metrics.map(({ name }) => row(name)))) };
};

/** Appends so many finished trials to the journal, as a running study does. */
function goOn(count: number): void {
  let finished = 0;
  while (entries.length > 0 && finished < count) {
    const entry = entries.shift()!;
    journal.append(entry);
    if (entry.kind === 'trial-finished') finished++;
  }
}

beforeAll(async () => {
  const workload = readFileSync(new URL('../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url), 'utf8');
  const sources = sourcesOf({ study: STUDY, strategy: STRATEGY, space: SPACE, workload });
  plan = await planToRun(sources);
  createRunFolder(join(root, 'one'), sources, plan, startedEntry(plan));
  entries = [];
  const run = runStudy({ plan, sampler: createSampler('random'), evaluate, started: startedEntry(plan), entries: [] });
  for await (const entry of run) entries.push(entry);
  entries.shift();
  journal = new JournalFile(join(root, 'one'));
  goOn(10);
  server = await startServer(root, 0);
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  journal?.close();
  rmSync(root, { recursive: true, force: true });
});

const textOf = async (page: Page, selector: string): Promise<string> => (await page.textContent(selector)) ?? '';

/** Waits in steps from outside: the policy of the page lets nobody run text inside it. */
async function says(page: Page, selector: string, text: string): Promise<void> {
  await expect.poll(() => textOf(page, selector), { interval: 20, timeout: 30_000 }).toContain(text);
}

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
    goOn(5);
    await says(page, '#live-progress', `15 of ${TRIALS}`);
    expect(problems).toEqual([]);
    expect(await statusOf('/run/one/report', {})).toBe(200);
    await page.close();
  }, 120_000);

  test('a port that is taken is one line', async () => {
    await expect(startServer(root, Number(new URL(server.address).port))).rejects.toThrow(
      /cannot be used \(EADDRINUSE\)/,
    );
  });
});
