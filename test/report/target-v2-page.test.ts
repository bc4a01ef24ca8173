import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { choosePoint } from '../../src/study/experiment/choose-point.ts';
import { paretoFront } from '../../src/study/front.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import { EXPERIMENTS, experimentOf, FOLDER, RECORDED_EXPERIMENTS, specOf } from '../bench/evidence/figures.ts';
import { PLACE, pageOf, WORDS } from '../bench/evidence/page.ts';

const words = readFileSync(WORDS, 'utf8');
const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');

describe('the page of target problem 2', () => {
  test('has the figures of the recorded data, to the digit', () => {
    expect(page).toBe(pageOf(words));
  });

  test('has no effect written by hand: in its words no percentage, decimal fraction or interval stands', () => {
    const byHand = words
      .replace(PLACE, '')
      .replace(/`[^`\n]*`/g, '')
      .replace(/\]\([^)]*\)/g, '')
      .match(/[−+-]?\d+(?:\.\d+)? ?%|\b\d+\.\d+\b|±/g);
    expect(byHand ?? []).toEqual([]);
  });

  test('lists every recorded claim with its verdict and its line in the ledger', () => {
    const ledger = readFileSync(join(FOLDER, 'ledger.jsonl'), 'utf8').split('\n');
    expect(RECORDED_EXPERIMENTS).toEqual(Object.keys(EXPERIMENTS));
    for (const name of RECORDED_EXPERIMENTS) {
      for (const [index, { id, verdict, effect }] of experimentOf(name).claims.entries()) {
        const row = page.split('\n').find((line) => line.includes(`(${name}.md), claim ${id};`));
        expect(row, `${name} ${id}`).toContain(`**${verdict}**`);
        const line = Number(/ledger\.jsonl\) line (\d+)/.exec(row!)![1]);
        const entered = JSON.parse(ledger[line - 1]!) as { experiment: string; claims: readonly object[] };
        expect(entered.experiment).toBe(name);
        expect(entered.claims[index]).toMatchObject({ id, verdict, effect });
      }
    }
  });

  test('a bar is called reached only where every claim of it is confirmed', () => {
    const open = RECORDED_EXPERIMENTS.filter((name) => {
      const main = specOf(name).claims.filter(({ role }) => role === 'main');
      const { claims } = experimentOf(name);
      return main.some(({ id }) => claims.find((one) => one.id === id)!.verdict !== 'confirmed');
    });
    for (const name of open) {
      const row = page.split('\n').find((line) => line.includes('**not reached**') && line.includes(`${name}.json`));
      expect(row, name).toBeDefined();
    }
  });

  test('says of the studies what they recorded: no feasible partition, the hand-picked start, a knee of the sampler', async () => {
    const run = async (name: string) => {
      const { plan, state } = await readRecorded(join(FOLDER, name));
      return { plan, trials: state.trials };
    };
    const partition = await run('t1-class-partition');
    expect(partition.trials).toHaveLength(40);
    expect(paretoFront(partition.plan, partition.trials)).toEqual([]);
    const sessions = await run('t3-class-pools-200');
    expect(sessions.trials).toHaveLength(24);
    expect(paretoFront(sessions.plan, sessions.trials)).toEqual([]);
    expect(choosePoint(await run('t1-class-pools'), 'best:slo_attainment_min').origin).toBe('baseline');
    expect(choosePoint(await run('t1-class-pools-bar'), 'knee').origin).toBe('sampler');
    expect(choosePoint(await run('t2-class-pools-heavy'), 'knee').origin).toBe('sampler');
    expect(choosePoint(await run('t1-stock'), 'best:slo_attainment').origin).toBe('sampler');
  });

  test('says what is not measured, and no more', () => {
    const missing = page.match(/Not measured yet: .*/g);
    expect(missing).toEqual(['sessions', 'models'].map((name) => `Not measured yet: \`capacity-${name}.json\`.`));
  });

  test('files that it names are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(FOLDER, link)))).toEqual([]);
  });
});
