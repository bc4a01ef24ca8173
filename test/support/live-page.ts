import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { ClosedForm } from './record-run.ts';

/** A closed form in place of the simulator, with a front: what is followed on a live page is the journal. */
export const FRONT_FORM: ClosedForm = ({ a, b }) => ({
  p99_ms: a! + 1 / b!,
  kv_migration_bytes: b! + 1 / a!,
  p95_ms: 40 + a! * b!,
});

/** The study of that form, with two seeds and random points. */
export function frontStudy(trials: number): string {
  return `name: live
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
constraints: [{metric: p95_ms, at_most: 85}]
seeds: [1, 2]
budget: {trials: ${trials}}
sampler: random
`;
}

export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector)) ?? '';
}

/** Waits in steps from outside: the policy of the page lets nobody run text inside it. */
export async function says(page: Page, selector: string, text: string): Promise<void> {
  await expect.poll(() => textOf(page, selector), { interval: 20, timeout: 30_000 }).toContain(text);
}

/** How many marks a chart shows below `selector`. */
export async function marksOf(page: Page, selector: string): Promise<number> {
  return await page.$$eval(`${selector} path`, (paths) => paths.length);
}
