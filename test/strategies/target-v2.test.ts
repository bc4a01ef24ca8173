import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createSimulator } from '../../src/simulators/registry.ts';
import { parseExperimentFile } from '../../src/study/experiment/experiment-file.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';

const FOLDER = 'studies/target-v2';
const STUDY = /^(t\d)-(stock|class-pools|class-partition)(-.*)?\.yaml$/;

async function planOf(file: string): Promise<StudyPlan> {
  const sources = loadStudySources(`${FOLDER}/${file}`);
  return await resolvePlan(sources, createSimulator, 'not-loaded');
}

const plans = new Map<string, StudyPlan>();
for (const file of readdirSync(FOLDER)) if (STUDY.test(file)) plans.set(file, await planOf(file));

/** Studies of one target, by target and what follows the rival's name. */
const targets = new Map<string, [string, StudyPlan][]>();
for (const [file, plan] of plans) {
  const target = file.replace(STUDY, '$1$3');
  targets.set(target, [...(targets.get(target) ?? []), [file, plan]]);
}

/** Tuned at loads of their own, a little above what each holds; stock has twice the trials. */
const OWN_LOADS = ['t1-s1'];

describe('rivals on target problem 2', () => {
  test('are there: three for each of the five targets', () => {
    for (const target of ['t1', 't2', 't3', 't4', 't5']) {
      expect(
        targets
          .get(target)!
          .map(([file]) => STUDY.exec(file)![2])
          .sort(),
        target,
      ).toEqual(['class-partition', 'class-pools', 'stock']);
    }
  });

  test('have the same budget, seeds, objectives, workload, window and targets', () => {
    for (const [target, rivals] of [...targets].filter(([target]) => !OWN_LOADS.includes(target))) {
      const terms = rivals.map(([, { trials, seeds, objectives, workload, regimes, measurement }]) => [
        trials,
        seeds,
        objectives,
        workload,
        regimes,
        measurement,
      ]);
      for (const one of terms) expect(one, target).toEqual(terms[0]);
      expect(rivals[0]![1].trials, target).toBeLessThanOrEqual(40);
      expect(rivals[0]![1].seeds.length, target).toBeGreaterThanOrEqual(3);
    }
  });

  test.each(OWN_LOADS)('%s: stock has no fewer trials, and the same seeds, window and targets', (target) => {
    const plan = (rival: string) => targets.get(target)!.find(([file]) => STUDY.exec(file)![2] === rival)![1];
    const [stock, pools] = [plan('stock'), plan('class-pools')];
    expect(pools.trials).toBeLessThanOrEqual(40);
    expect(stock.trials).toBeGreaterThanOrEqual(2 * pools.trials!);
    expect([stock.seeds, stock.measurement]).toEqual([pools.seeds, pools.measurement]);
  });

  test('may all set slots and step tokens', () => {
    for (const [file, { space }] of plans) {
      const names = space.parameters.map(({ name }) => name);
      expect(names, file).toContain('max_num_batched_tokens');
      expect(names.filter((name) => /^max_num_seqs$|_seqs$/.test(name)).length, file).toBeGreaterThan(0);
    }
  });

  test('that take part of a cluster for a class keep the guards that the pools keep', () => {
    for (const [target, rivals] of targets) {
      const constraints = (rival: string) => rivals.find(([file]) => STUDY.exec(file)![2] === rival)?.[1].constraints;
      const partition = constraints('class-partition');
      if (partition !== undefined) expect(partition, target).toEqual(constraints('class-pools'));
    }
  });
});

test('points of the claims come from studies by rules, never by number', () => {
  const files = readdirSync(`${FOLDER}/experiments`);
  const arms = files.flatMap((file) =>
    Object.values(parseExperimentFile(readYamlFile(`${FOLDER}/experiments/${file}`).value).arms),
  );
  const rules = arms.flatMap(({ point }) => (point === undefined ? [] : [point.trial]));
  expect(rules.length).toBeGreaterThan(5);
  for (const rule of rules) expect(rule).toMatch(/^(knee|best:[a-z0-9_]+)$/);
});
