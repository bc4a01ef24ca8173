import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { armReferences } from '../../../src/study/experiment/experiment-file.ts';
import { loadExperiment } from '../../../src/study/io/load-experiment.ts';

const FOLDER = new URL('../../../studies/findings/', import.meta.url).pathname;
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

test('each of the eleven prior findings has an experiment', () => {
  const numbers = files.map((name) => Number(name.slice(0, 2)));
  for (let finding = 1; finding <= 11; finding++) expect(numbers).toContain(finding);
});

test.each(files)('%s resolves, states what was published and concluded, and uses every arm', async (name) => {
  const { spec } = await loadExperiment(`${FOLDER}${name}`);
  expect(`${spec.name}.yaml`).toBe(name);
  expect(spec.published).toBeTruthy();
  expect(spec.conclusion).not.toMatch(/@|^$/);
  expect(ownFigures(spec.conclusion!)).toEqual([]);
  expect(spec.claims.some(({ role }) => role === 'main')).toBe(true);
  const used = new Set(spec.claims.flatMap((claim) => armReferences(claim).map(([, arm]) => arm)));
  const idle = Object.keys(spec.arms).filter((arm) => !used.has(arm));
  expect(idle.filter((arm) => !SHOWN_ONLY.includes(`${spec.name}/${arm}`))).toEqual([]);
});

/** Numbers written by hand: all but those of the publication, instance counts, percentiles and dates come from the data. */
function ownFigures(conclusion: string): string[] {
  const words = conclusion.replace(
    /\{[^}]*\}|published (factor of )?[\d. %to]+|range [\d. to]+|P99|\d+ to \d+ instances|20\d\d|from 2 to 4/g,
    '',
  );
  return [...words.matchAll(/[\d.]*\d[\d.]*/g)].map(([figure]) => figure);
}

/** Arms that are there to be looked at in the table, without a claim of their own. */
const SHOWN_ONLY = [
  '02-degenerate-affinity/queue-balanced',
  '02-degenerate-affinity/cold-balanced',
  '03-session-stickiness/llm-d',
  '09-zero-regret/weighted-stale',
  '11-precise-kv-routing/random',
];
