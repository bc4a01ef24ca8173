import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { ServedStudy } from '../../../../src/study/io/queue/served-study.ts';
import { policyHashes, type StudyRecord } from '../../../../src/study/io/queue/study-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'paretune-served-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORD = { id: '1', name: 's' } as StudyRecord;
const JOB = { id: 'a', data: { task: JSON.stringify({ setup: 0, values: {}, seed: 1 }) } } as never;

it('an evaluation that cannot be trusted is a failed result with its reason, not the end of a worker', async () => {
  const refuses = async () => {
    throw new InputError('one vector and seed gave two figures', { position: { file: 'mine.mjs' } });
  };
  const study = new ServedStudy(RECORD, { evaluator: { evaluate: refuses, close: async () => undefined }, most: 1 });
  await new Promise<void>((resolve) => study.start(JOB, () => resolve()));
  expect(study.finished().map(({ outcome }) => outcome)).toEqual([
    { kind: 'failed', message: 'mine.mjs: one vector and seed gave two figures' },
  ]);
});

it('a policy module is another one where what it imports is', () => {
  const [entry, part] = [join(folder, 'mine.mjs'), join(folder, 'part.mjs')];
  writeFileSync(entry, `export { default } from './part.mjs';\n`);
  writeFileSync(part, 'export default () => ({});\n');
  const hash = () => Object.values(policyHashes([{ policies: [entry] }]))[0];
  const before = hash();
  expect(hash()).toBe(before);
  writeFileSync(part, 'export default () => ({ scorers: {} });\n');
  expect(hash()).not.toBe(before);
});
