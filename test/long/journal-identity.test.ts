import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StudyReport } from '../../src/report/study-report.ts';
import { readJournal } from '../../src/study/io/journal-file.ts';
import { PROGRAM, temporaryFolder } from '../support/command-line.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);

/** Studies of every simulator, one with policy modules and one over eight workloads, cut down to so many trials. */
const STUDIES: Readonly<Record<string, number>> = {
  quickstart: 12,
  'strategies/cross-layer': 4,
  regimes: 4,
  kvsched: 12,
  'pd-slo': 8,
  'gpu-jobs-ordering': 10,
  'cloud-edge': 6,
};
const WORKERS = [1, 2, 3, 8];
const MAJORS = [20, 22, 24];

/** Node of each major version, from npm. */
const NODES = new Map<number, string>();

beforeAll(() => {
  for (const major of MAJORS) {
    const home = at(`node-${major}`);
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{"private": true}');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', `node@${major}`], { cwd: home });
    NODES.set(major, join(home, 'node_modules', '.bin', 'node'));
  }
  for (const [name, trials] of Object.entries(STUDIES)) writeFileSync(at(fileOf(name)), studyText(name, trials));
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string): string {
  return `${name.replace('/', '-')}.yaml`;
}

function studyText(name: string, trials: number): string {
  const home = join(ROOT, 'studies', name, '..');
  return readFileSync(join(ROOT, 'studies', `${name}.yaml`), 'utf8')
    .replace(/^budget: .*$/m, `budget: {trials: ${trials}}`)
    .replace(/^validation: .*$/m, 'validation: {seeds: [7001, 7002], points: 1}')
    .replace(/^(strategy|space|workload): (?=[\w./-]+\.yaml$)/gm, (key) => `${key}${home}/`);
}

/** Runs a study; what it recorded, without the first line and checksums, which name the version of Node, and its figures. */
function recorded(study: string, node: string, workers: number) {
  const out = 'run';
  const args = [...PROGRAM, 'run', fileOf(study), '--out', out, '--workers', String(workers), '--quiet'];
  const { status, stderr } = spawnSync(node, args, { cwd: folder, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const [started, ...entries] = readJournal(at(out)).entries;
  const report = JSON.parse(readFileSync(at(out, 'report.json'), 'utf8')) as StudyReport;
  const page = readFileSync(at(out, 'trials.csv'), 'utf8');
  rmSync(at(out), { recursive: true });
  return { started: { ...started, node: 0 }, entries, report, page };
}

describe.each(Object.keys(STUDIES))('%s', (study) => {
  let first: ReturnType<typeof recorded>;
  beforeAll(() => {
    first = recorded(study, process.execPath, 1);
  }, 1_800_000);

  test.each(WORKERS.slice(1))('has the same journal, table and report with %i workers', (workers) => {
    expect(recorded(study, process.execPath, workers)).toEqual(first);
  });

  test.each(MAJORS)('has the same journal, table and report on Node %i', (major) => {
    const node = NODES.get(major)!;
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${major}\\.`));
    expect(recorded(study, node, 2)).toEqual(first);
  });
});
