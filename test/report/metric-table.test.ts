import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricGroups } from '../../src/cli/study/metrics.ts';
import { metricsMarkdown } from '../../src/report/metric-table.ts';

test('docs/metrics.md is what `paretune metrics --markdown` prints', async () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  expect(page).toBe(metricsMarkdown(await metricGroups()));
});

test('every key has a unit and a definition, once in each group', async () => {
  for (const { title, metrics } of await metricGroups()) {
    expect(metrics.length, title).toBeGreaterThan(0);
    expect(new Set(metrics.map(({ name }) => name)).size, title).toBe(metrics.length);
    for (const { name, unit, description } of metrics) expect([unit, description].every(Boolean), name).toBe(true);
  }
});
