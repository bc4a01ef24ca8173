import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { runStudy } from '../../../src/library/run-study.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import { documentSources } from '../../../src/study/io/document-sources.ts';
import { readStarted } from '../../../src/study/io/plan-file.ts';
import { continueStudy, openRecorded, planOf } from '../../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../../src/study/journal.ts';
import { samplerName } from '../../../src/study/propose.ts';
import { recordedOutcomes } from '../../../src/study/recorded-outcomes.ts';
import { type Difference, verifyJournal } from '../../../src/study/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'command-study-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `line` is a line of shell that sees $X, the parameter, and $PARETUNE_SEED. */
function documents(line: string, study: JsonObject = {}, config: JsonObject = {}) {
  return {
    study: {
      name: 'outside',
      objectives: [{ metric: 'loss' }],
      seeds: [1, 2],
      budget: { trials: 5 },
      sampler: 'sobol',
      ...study,
    },
    strategy: {
      name: 'outside',
      simulator: 'command',
      config: {
        command: line,
        shell: true,
        env: { X: '${x}' },
        metrics: { loss: { unit: '1', better: 'lower' } },
        ...config,
      },
      parameters: [{ name: 'x', type: 'integer', low: 0, high: 30 }],
      baseline: { x: 3 },
    },
  };
}

/** Processes that carry a word in their command line. */
function running(word: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const isAlive = /^\d+$/.test(pid) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return isAlive && Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
}

async function verified(
  out: string,
  change = (entries: readonly JournalEntry[]) => entries,
): Promise<Difference | null> {
  const { plan, entries: recorded } = await openRecorded(out, 'own');
  const entries = change(recorded);
  const run = {
    plan,
    sampler: createSampler(samplerName(plan)),
    evaluate: recordedOutcomes(plan, entries),
    started: readStarted(out),
  };
  return await verifyJournal(run, entries, () => undefined);
}

test('a study by commands goes on where one fails, keeps its log, and its proposals can be verified', async () => {
  const out = join(folder, 'failing');
  const line = 'if [ $X = 3 ]; then echo broken >&2; exit 1; fi; echo "{\\"loss\\": $(date +%N | sed s/^0*//)}"';
  const study = documents(line, { validation: { seeds: [11], points: 1 } }, { concurrency: 2 });
  const { entries } = await runStudy(study, { out });
  const failed = entries.flatMap((entry) => (entry.kind === 'trial-finished' ? [entry.outcome.kind === 'failed'] : []));
  expect(failed).toEqual([true, false, false, false, false]);
  const log = /logs\/\S+\.log/.exec(readFileSync(join(out, 'journal.jsonl'), 'utf8'))![0];
  expect(readFileSync(join(out, log), 'utf8')).toContain('broken');
  expect(await verified(out)).toBeNull();
  const tampered = (entries: readonly JournalEntry[]): readonly JournalEntry[] =>
    entries.map((entry) =>
      entry.kind === 'trial-proposed' && entry.trial === 3 ? { ...entry, values: { x: 29 } } : entry,
    );
  expect(await verified(out, tampered)).toMatchObject({ key: 'values.x' });
});

test('commands that hang, flood, write garbage, end with an error or leave children cost a trial each, and nothing of them stays', async () => {
  const word = `hostile-${process.pid}`;
  const behaviours = [
    `trap '' TERM; while :; do sleep 0.1; done # ${word}`,
    'exec cat /dev/zero',
    'head -c 5000 /dev/urandom',
    'echo out of memory >&2; exit 3',
    `(setsid /bin/sh -c 'while :; do sleep 0.1; done' ${word} > /dev/null 2>&1 &); echo '{"loss": 0}'`,
    `echo '{"loss": 1}'`,
  ];
  const line = `case $X in ${behaviours.map((one, x) => `${x}) ${one}\n;;`).join(' ')} esac`;
  const study = documents(
    line,
    { seeds: [1], budget: { trials: 6 }, sampler: 'grid' },
    { time_limit_s: 5, concurrency: 2 },
  );
  const [parameter] = study.strategy.parameters;
  const strategy = { ...study.strategy, parameters: [{ ...parameter, high: 5 }], baseline: { x: 5 } };
  const { entries } = await runStudy({ ...study, strategy }, { out: join(folder, 'hostile') });
  const outcomes = entries.flatMap((entry) => (entry.kind === 'trial-finished' ? [entry.outcome] : []));
  const reasons = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.message] : []));
  for (const reason of [
    /not done after 5 s/,
    /more than 16 MiB/,
    /not JSON/,
    /exit code 3, out of memory/,
    /left .* running/,
  ]) {
    expect(
      reasons.filter((one) => reason.test(one)),
      String(reason),
    ).toHaveLength(1);
  }
  expect([outcomes.length, reasons.length]).toEqual([6, 5]);
  expect(running(word)).toEqual([]);
}, 60_000);

test('an interrupted study goes on without measuring again what had been measured', async () => {
  const out = join(folder, 'interrupted');
  const calls = join(folder, 'calls');
  const line = `echo "$X $PARETUNE_SEED" >> ${calls}; echo '{"loss": 1}'`;
  const stop = new AbortController();
  const onEntry = (entry: JournalEntry): void => {
    if (entry.kind === 'trial-finished' && entry.trial === 1) stop.abort();
  };
  const first = await runStudy(documents(line), { out, onEntry, signal: stop.signal });
  expect(first.interrupted).toBe(true);
  const { plan } = await openRecorded(out, 'own');
  appendFileSync(join(out, 'evaluations.jsonl'), '{"torn');
  expect(await continueStudy(out, plan, { workers: 1 })).toMatchObject({ ended: 'budget used' });
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(10);
  expect(new Set(lines).size).toBe(10);
});

test('of a finished seed of an unfinished trial the figures are kept', async () => {
  const out = join(folder, 'half');
  const calls = join(folder, 'half-calls');
  const line = `echo "$X $PARETUNE_SEED" >> ${calls}; [ $PARETUNE_SEED = 1 ] || [ -e ${calls}-go ] || sleep 30; echo '{"loss": 1}'`;
  const stop = new AbortController();
  const study = documents(line, { budget: { trials: 1 } });
  const running = runStudy(study, { out, signal: stop.signal });
  while (!existsSync(calls) || readFileSync(calls, 'utf8').split('\n').length < 3)
    await new Promise((r) => setTimeout(r, 20));
  stop.abort();
  expect((await running).interrupted).toBe(true);
  appendFileSync(`${calls}-go`, '');
  const { plan } = await openRecorded(out, 'own');
  expect(await continueStudy(out, plan, { workers: 1 })).toMatchObject({ ended: 'budget used' });
  expect(readFileSync(calls, 'utf8')).toBe('3 1\n3 2\n3 2\n');
});

test('holes of the backend need no parameter, unknown ones do; a command may take all values at once', async () => {
  const all = documents('echo {}', {}, { command: ['x', '${values}', '${seed}'], shell: false, env: {} });
  expect((await planOf(documentSources(all))).deterministic).toBe(false);
  const orphan = documents('echo {}', {}, { env: { X: '${x}', Y: '${y}' } });
  await expect(planOf(documentSources(orphan))).rejects.toThrow(/hole \$\{y\} has neither/);
  const idle = documents('echo {}', {}, { env: {} });
  await expect(planOf(documentSources(idle))).rejects.toThrow(/parameter "x" fills no hole/);
});

test('the example of a command runs to a front', async () => {
  const { report } = await runStudy('command');
  expect(report.front.length).toBeGreaterThan(0);
});
