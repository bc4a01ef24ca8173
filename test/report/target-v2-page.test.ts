import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { choosePoint } from '../../src/study/experiment/choose-point.ts';
import { paretoFront } from '../../src/study/front.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import { CRITERIA } from '../bench/evidence/criteria.ts';
import { EXPERIMENTS, experimentOf, FOLDER, RECORDED_EXPERIMENTS, specOf } from '../bench/evidence/figures.ts';
import { PLACE, pageOf, WORDS } from '../bench/evidence/page.ts';
import { sensitivityOf } from '../bench/evidence/sensitivity-table.ts';

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
    const bars = RECORDED_EXPERIMENTS.filter((name) => /^target-v2-t\d/.test(name));
    const open = bars.filter((name) => {
      const main = specOf(name).claims.filter(({ role }) => role === 'main');
      const { claims } = experimentOf(name);
      return main.some(({ id }) => claims.find((one) => one.id === id)!.verdict !== 'confirmed');
    });
    for (const name of open) {
      const row = page.split('\n').find((line) => line.includes('**not reached**') && line.includes(`${name}.json`));
      expect(row, name).toBeDefined();
    }
  });

  test('a criterion is called true exactly where the table of claims confirms all that it needs', () => {
    const lines = page.split('\n');
    let decided = 0;
    for (const { name, needs } of CRITERIA) {
      if (typeof needs === 'function') continue;
      const rows = needs.map((place) => {
        const [experiment, id] = place.split('#');
        return lines.find((line) => line.includes(`(${experiment}.md), claim ${id};`))!;
      });
      const shown = lines.filter((line) => line.startsWith(`| ${name} |`));
      const state = rows.every((row) => row.includes('| **confirmed** |')) ? '| true |' : '| **not true** |';
      expect(
        shown.some((line) => line.startsWith(`| ${name} ${state}`)),
        `${name}: ${state}`,
      ).toBe(true);
      decided++;
    }
    expect(decided).toBeGreaterThan(8);
  });

  test('prints indices, intervals and good ranges of the recorded sensitivity, and its levels are those of the journals', async () => {
    for (const study of ['t1-stock', 't1-class-pools-bar']) {
      const { state } = await readRecorded(join(FOLDER, study));
      for (const { rows } of sensitivityOf(study)) {
        for (const { parameter, first, total, goodRange, levels } of rows) {
          const texts = [first, total].map(
            ({ value, low, high }) => `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
          );
          const row = `| \`${parameter}\` | ${texts.join(' | ')} |`;
          expect(page.split('\n').some((line) => line.startsWith(row) && line.endsWith(`| ${goodRange} |`))).toBe(true);
          for (const { level, trials } of levels ?? []) {
            expect(state.trials.filter(({ values }) => values[parameter] === level)).toHaveLength(trials);
          }
        }
      }
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
    const missing = [...page.matchAll(/Not measured yet: (.*)\./g)].flatMap(([, files]) => files!.split(', '));
    expect(missing).toEqual([]);
  });

  test('files that it names are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(FOLDER, link)))).toEqual([]);
  });
});
