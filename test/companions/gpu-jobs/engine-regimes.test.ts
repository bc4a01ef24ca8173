import { expect, test } from 'vitest';
import { compareRegime, REGIMES } from '../../../src/companions/gpu-jobs/engine-regimes.ts';
import { regimesPage } from '../../../src/companions/gpu-jobs/engine-regimes-page.ts';

const options = { requests: 40, seeds: [1, 2] };
const [same, own] = [...new Set(REGIMES.map(({ panel }) => panel))];
const at = (panel: string, rate: number, blocks: number) =>
  compareRegime(REGIMES.find((one) => one.panel === panel && one.rate === rate && one.blocks === blocks)!, options);

test('with the same step times and memory to spare the engines agree at every load', () => {
  for (const rate of [1, 3, 5]) {
    const { agrees, preemptions, e2eMean } = at(same!, rate, 20_000);
    expect([agrees, preemptions]).toEqual([true, 0]);
    expect(Math.abs(e2eMean.value)).toBeLessThan(1e-3);
  }
});

test('where memory runs out they differ, and more at a higher load', () => {
  const [calm, busy] = [at(same!, 1, 60), at(same!, 4, 60)];
  expect(busy.preemptions).toBeGreaterThan(calm.preemptions);
  expect(busy.agrees).toBe(false);
  expect(Math.abs(busy.e2eMean.value)).toBeGreaterThan(Math.abs(calm.e2eMean.value));
});

test('each with its own roofline they differ though nothing is scarce: the token engine counts more parameters', () => {
  const { agrees, preemptions, e2eMean } = at(own!, 2, 20_000);
  expect([agrees, preemptions]).toEqual([false, 0]);
  expect(e2eMean.value).toBeGreaterThan(0.2);
});

test('the page has a row for every regime, bold where the engines agree', () => {
  const results = [at(same!, 1, 20_000), at(same!, 4, 60)];
  const page = regimesPage(results, options);
  expect(page).toMatch(/^\| \*\*320,000 tokens\*\* \| 1 \|/m);
  expect(page).toMatch(/^\| 960 tokens \| 4 \|/m);
  expect(page).toContain('1 of 2 cells agree');
});
