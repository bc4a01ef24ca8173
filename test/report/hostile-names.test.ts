import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { drawnCharts } from '../../src/report/drawn-charts.ts';
import { experimentIndex, experimentMarkdown } from '../../src/report/experiment-report.ts';
import { renderPage } from '../../src/report/page/page.ts';
import { pageCharts } from '../../src/report/page-charts.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { pageScript } from '../../src/report/write-page-script.ts';
import { listPage, livePage, liveState } from '../../src/serve/live-page.ts';
import type { MetricSpec, Simulator } from '../../src/simulators/simulator.ts';
import { runExperiment } from '../../src/study/experiment/experiment.ts';
import { parseExperimentFile } from '../../src/study/experiment/experiment-file.ts';
import { replay } from '../../src/study/journal.ts';
import { openBrowser, watchedPage } from '../support/browser.ts';
import { inlineEvaluator, planOf } from '../support/plan-builder.ts';
import { journalOf } from '../support/study-journal.ts';

/** Ends a tag, an attribute, a script and a table cell, and would run where any of that is believed. */
const EVIL = `"'><img src=x onerror=alert(1)></script><script>alert(2)</script>|](javascript:alert(3))`;
const quoted = JSON.stringify(EVIL);
const COST = `cost[${EVIL}]`;

const METRICS: readonly MetricSpec[] = [
  { name: COST, unit: EVIL, better: 'lower', description: EVIL },
  { name: `gain[${EVIL}]`, unit: '1', better: 'higher', description: EVIL },
];

const simulator: Simulator = {
  name: 'hostile',
  description: EVIL,
  prepare: ({ config }) => {
    const { x, kind, weights } = config as { x: number; kind: string; weights: Readonly<Record<string, number>> };
    const weight = Object.values(weights)[0] ?? 0;
    return {
      metrics: METRICS,
      run: () =>
        x > 0.9
          ? { kind: 'infeasible', reason: EVIL }
          : {
              kind: 'measured',
              metrics: { [COST]: x + weight + (kind === 'b' ? 0.1 : 0), [`gain[${EVIL}]`]: x * (1 - weight) },
            },
    };
  },
};

const TEXTS = {
  strategy: `name: evil-strategy\ndescription: ${quoted}\nmechanism: ${quoted}\nsource: ${quoted}\nsimulator: hostile\nconfig: {x: "\${x}", kind: "\${evil_kind}", weights: "\${w}"}\nbaseline: {x: 0.5, evil_kind: b, w: {evil_component: 1, b: 1}}\n`,
  space: `parameters:\n  - {name: x, type: real, low: 0, high: 1}\n  - {name: evil_kind, type: categorical, choices: [${quoted}, b]}\n  - {name: w, type: simplex, components: [evil_component, b]}\n`,
  study: `name: evil-study\ndescription: ${quoted}\nstrategy: s.yaml\nspace: p.yaml\nobjectives: [{metric: ${JSON.stringify(COST)}}, {metric: ${JSON.stringify(`gain[${EVIL}]`)}}]\nconstraints: [{metric: ${JSON.stringify(COST)}, at_most: 1.8}]\nseeds: [1, 2]\nvalidation: {seeds: [3], points: 1}\nbudget: {trials: 16}\nsampler: sobol\n`,
};

const folder = mkdtempSync(join(tmpdir(), 'paretune-hostile-'));
let report: StudyReport;
let page: string;

beforeAll(async () => {
  const plan = await planOf(TEXTS, simulator);
  const built = buildReport(plan, replay(await journalOf(plan, inlineEvaluator(plan, simulator))), 'test');
  // Files cannot hold such names; a page does not rely on that.
  const text = JSON.stringify(built).replaceAll(/evil-study|evil-strategy|evil_kind|evil_component/g, () =>
    quoted.slice(1, -1),
  );
  report = JSON.parse(text) as StudyReport;
  const charts = pageCharts(report);
  page = renderPage(report, { charts, drawn: await drawnCharts(charts), script: pageScript() });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A page is safe where nothing of the text stands in it as markup, neither in elements nor in blocks of JSON. */
function expectTame(html: string): void {
  const blocks = html.match(/<script[\s\S]*?<\/script>/g)!;
  expect(blocks).toHaveLength(2);
  expect(blocks[0]).not.toContain('<img');
  const rest = blocks.reduce((text, block) => text.replace(block, ''), html);
  expect(rest).not.toMatch(/<img|<\/?script|onerror=alert\(1\)>/);
  expect(html).toMatch(
    /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^"']+'/,
  );
}

describe('names that would be markup', () => {
  test.each(['study', 'strategy', 'space'] as const)('are no names of a %s', async (which) => {
    const words = { study: 'name: evil-study', strategy: 'name: evil-strategy', space: 'name: evil_kind' };
    const bad = TEXTS[which].replace(words[which], `name: ${quoted}`);
    await expect(planOf({ ...TEXTS, [which]: bad }, simulator)).rejects.toThrow(/must be a name of letters/);
  });

  test('are text in the report page', () => {
    expect(page).toContain('&lt;img src=x');
    expectTame(page);
  });

  test('are text in a live page and in the list of runs', () => {
    expectTame(livePage(EVIL, report, { state: liveState(report, 16), script: pageScript(), beside: [EVIL] }));
    const best = [{ metric: COST, trial: 0, value: 1 }];
    const run = { id: EVIL, name: EVIL, finished: 1, trials: 2, ended: EVIL, best, problem: null };
    expectTame(listPage([run, { ...run, problem: EVIL }], pageScript()));
  });

  test('are text for a browser, in what the script of the page makes too', async () => {
    writeFileSync(join(folder, 'report.html'), page);
    const browser = await openBrowser();
    try {
      const watched = await watchedPage(browser);
      await watched.page.goto(`file://${join(folder, 'report.html')}`);
      await watched.page.evaluate('dispatchEvent(new Event("beforeprint"))');
      await watched.page.waitForFunction(
        'document.querySelectorAll("figure[data-chart]:not([data-drawn])").length === 0',
      );
      await watched.page.click('button[data-trial="0"]');
      expect(await watched.page.textContent('dialog[open]')).toContain(EVIL);
      expect(await watched.page.$$('img, main script, dialog script, [onerror]')).toEqual([]);
      expect(watched.problems).toEqual([]);
      expect(watched.requests).toHaveLength(1);
    } finally {
      await browser.close();
    }
  }, 120_000);

  test('are text in the page of an experiment and in the index', async () => {
    const claim = { id: 'a', statement: EVIL, kind: 'improves', metric: COST, arm: 'new', against: 'old' };
    const spec = parseExperimentFile({
      name: 'hostile',
      ...{ title: EVIL, question: EVIL, published: EVIL, conclusion: EVIL },
      strategy: 's.yaml',
      seeds: [1, 2, 3, 4, 5, 6],
      arms: { old: { description: EVIL }, new: { description: EVIL } },
      claims: [claim],
    } as unknown as Json);
    const plan = { spec, hash: 'h', setups: [], armNames: Object.keys(spec.arms), metrics: METRICS };
    const result = await runExperiment(plan, async (arm, seed) =>
      arm === 0 ? { kind: 'measured', metrics: { [COST]: seed } } : { kind: 'failed', message: `${EVIL}\nand a line` },
    );
    for (const markdown of [experimentMarkdown(plan, result), experimentIndex([{ plan, result }])]) {
      expect(markdown).not.toMatch(/<(?!br>)/);
      expect(markdown).not.toContain('](javascript');
      const tables = markdown.split('\n').filter((line) => line.startsWith('|'));
      const cells = tables.map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(cells).size).toBeLessThanOrEqual(2);
    }
  });
});
