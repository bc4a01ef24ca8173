import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { planOf } from '../../src/study/io/study-session.ts';
import { earlierObservations } from '../../src/study/observations.ts';
import { warmStartNotes } from '../../src/study/warm-start.ts';
import { commandHere } from '../support/command-here.ts';
import { temporaryFolder } from '../support/command-line.ts';
import { KV_SPACE, KV_STRATEGY, KV_WORKLOAD, recordRun } from '../support/record-run.ts';

const STUDY = `name: warm
strategy: strategy.yaml
space: space.yaml
workload: scenario.yaml
objectives: [{metric: p99_ms}]
seeds: [1, 2]
budget: {trials: 4}
sampler: sobol
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  mkdirSync(at('runs'));
  const record = async (name: string, change: (text: string) => string, texts = {}): Promise<void> => {
    const form = (values: Readonly<Record<string, number>>, seed: number) => ({ p99_ms: values['a']! + seed });
    await recordRun(at('runs', name), { study: change(STUDY), ...texts }, form);
  };
  await record('same', (text) => text);
  await record('seeds', (text) => text.replace('[1, 2]', '[7, 8]'));
  await record('half', (text) => text.replace('[1, 2]', '[2, 8]'));
  await record('load', (text) => text, { workload: KV_WORKLOAD.replace('num_requests: 200', 'num_requests: 150') });
  await record('parameters', (text) => text, {
    space: 'parameters: {a: [0.1, 10], c: [0.1, 10]}\n',
    strategy: KV_STRATEGY.replaceAll('${b}', '${c}').replace('b: 1', 'c: 1'),
  });
  await record('ranges', (text) => text, { space: 'parameters: {a: [0.1, 10], b: [50, 90]}\n' });
  writeFileSync(at('scenario.yaml'), KV_WORKLOAD);
  writeFileSync(at('strategy.yaml'), KV_STRATEGY);
  writeFileSync(at('space.yaml'), KV_SPACE);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function warmed(run: string): Promise<{ notes: readonly string[]; used: number; losses: unknown }> {
  writeFileSync(at(`${run}.yaml`), `${STUDY}warm_start: [runs/${run}]\n`);
  const plan = await planOf(loadStudySources(at(`${run}.yaml`)));
  const observations = earlierObservations(plan);
  return { notes: warmStartNotes(plan), used: observations.length, losses: observations[0]?.losses };
}

describe('a run under warm_start', () => {
  test('with the same parameters and seeds is used whole, and nothing is said', async () => {
    expect(await warmed('same')).toMatchObject({ notes: [], used: 4 });
  });

  test.each([
    ['parameters', 'none of its 4 points can be used: other parameters: it lacks b, and this study does not have c'],
    ['seeds', 'none of its 4 points can be used: other seeds: 7, 8, and not 1, 2'],
  ])('that cannot be used (%s) is named with the reason', async (run, reason) => {
    expect(await warmed(run)).toMatchObject({ notes: [`warm_start runs/${run}: ${reason}`], used: 0 });
  });

  test('of which only a seed is shared lends means over that one', async () => {
    const { notes, used, losses } = await warmed('half');
    expect(notes).toEqual([
      'warm_start runs/half: of the seeds of this study it knows only 2; means over those are used',
    ]);
    expect(used).toBe(4);
    expect(losses).toEqual([1 + 2]);
  });

  test('whose ranges were others says how many of its points count', async () => {
    const { notes, used } = await warmed('ranges');
    expect(notes).toEqual(['warm_start runs/ranges: 3 of its 4 points lie outside of the search space']);
    expect(used).toBe(1);
  });

  test('that ran under another workload says so', async () => {
    const { notes } = await warmed('load');
    expect(notes).toEqual(['warm_start runs/load: it ran under another workload; its figures are taken as they are']);
  });

  test('is told of by check as well', async () => {
    const { code, stderr } = await commandHere('check', at('seeds.yaml'));
    expect(code).toBe(0);
    expect(stderr).toBe(
      'paretune: warning: warm_start runs/seeds: none of its 4 points can be used: other seeds: 7, 8, and not 1, 2\n',
    );
  });
});
