import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/base/json.ts';
import { documentKind } from '../../src/study/io/load-study.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly for: string;
  readonly tuning?: readonly string[];
  readonly judging?: readonly string[];
}

type Use = 'tuning' | 'judging';

const REGISTER = 'seeds.yaml';
const ranges = (readYamlFile(`studies/${REGISTER}`).value as JsonObject)['ranges'] as unknown as readonly Range[];

/** Seeds of a study or experiment that the register does not give to this file. */
function notEntered(register: readonly Range[], file: string, document: Json, kind: string): readonly string[] {
  if (!isJsonObject(document)) return [];
  const { seeds = [], validation } = document as { seeds?: number[]; validation?: { seeds?: number[] } };
  const used: readonly (readonly [Use, number])[] = [
    ...seeds.map((seed) => [kind === 'experiment' ? 'judging' : 'tuning', seed] as const),
    ...(validation?.seeds ?? []).map((seed) => ['judging', seed] as const),
  ];
  return used
    .filter(([use, seed]) => !register.some((one) => one.from <= seed && seed <= one.to && one[use]?.includes(file)))
    .map(([use, seed]) => `${file}: ${use} seed ${seed}`);
}

const files = readdirSync('studies', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml') && file !== REGISTER)
  .map((file) => ({ file, source: readYamlFile(`studies/${file}`) }))
  .map(({ file, source }) => ({ file, document: source.value, kind: documentKind(source) }))
  .filter(({ kind }) => kind === 'study' || kind === 'experiment');

test('every seed of a study or experiment is entered for that file', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(({ file, document, kind }) => notEntered(ranges, file, document, kind))).toEqual([]);
});

test('no seed is entered twice, and every entry says what for', () => {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  for (const [index, { from, to, for: purpose }] of sorted.entries()) {
    expect(to).toBeGreaterThanOrEqual(from);
    expect(purpose.length).toBeGreaterThan(10);
    if (index > 0) expect(from, purpose).toBeGreaterThan(sorted[index - 1]!.to);
  }
});

test('files that are entered exist and use their seeds', () => {
  for (const { from, to, tuning = [], judging = [] } of ranges) {
    for (const file of [...tuning, ...judging]) {
      const document = files.find((one) => one.file === file)?.document as JsonObject;
      const own = JSON.stringify([document?.['seeds'], document?.['validation']]);
      const seeds = (own.match(/\d+/g) ?? []).map(Number);
      expect(
        seeds.some((seed) => from <= seed && seed <= to),
        `${file} ${from}`,
      ).toBe(true);
    }
  }
});

test('seeds that defined the target problem, judged another claim or tuned are refused', () => {
  const claim = (seed: number) => notEntered(ranges, 'target-v2/new-claim.yaml', { seeds: [seed] }, 'experiment');
  for (const seed of [42, 1001, 7001, 8000, 9035, 11001, 12001]) expect(claim(seed), String(seed)).toHaveLength(1);
  expect(notEntered(ranges, 'target-v2/t1-stock.yaml', { seeds: [12001] }, 'study')).toHaveLength(1);
});
