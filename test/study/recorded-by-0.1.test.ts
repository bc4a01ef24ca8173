import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import { PROPOSALS_SINCE } from '../../src/optimizer/sampler/registry.ts';
import { createSimulator } from '../../src/simulators/registry.ts';
import { loadPolicies } from '../../src/study/io/load-policy.ts';
import { readStarted } from '../../src/study/io/plan-file.ts';
import { changedPolicies, requireRecordedPolicies } from '../../src/study/io/recorded-policies.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../src/study/journal.ts';
import { resolvePlan } from '../../src/study/plan/study-plan.ts';
import { requireSameProposals } from '../../src/study/verify.ts';
import { verifyOutcomes } from '../../src/study/verify-outcomes.ts';
import { paretune, temporaryFolder } from '../support/command-line.ts';
import { dataOf } from '../support/json-output.ts';
import { evaluatorOf, JOURNALS, oldPolicies } from '../support/recorded-run.ts';

const RUNS = ['cross-layer', 'kvsched', 'offload', 'pd-slo'];

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(run: string) {
  const { sources, entries } = await readRecorded(join(JOURNALS, run));
  const policies = await oldPolicies(sources.policies.map(({ file }) => file));
  const plan = await resolvePlan(sources, createSimulator, policies);
  return { plan, entries, evaluate: await evaluatorOf(plan, policies) };
}

const kindsOf = (entries: readonly JournalEntry[]): Set<string> =>
  new Set(entries.flatMap((entry) => ('outcome' in entry ? [entry.outcome.kind] : [])));

describe('journals of version 0.1', () => {
  test('cover policies, KV tiers and impossible trials', async () => {
    expect(readdirSync(JOURNALS).filter((name) => RUNS.includes(name))).toEqual(RUNS);
    const kinds = await Promise.all(
      RUNS.map(async (run) => [...kindsOf((await readRecorded(join(JOURNALS, run))).entries)]),
    );
    expect(new Set(kinds.flat())).toEqual(new Set(['observed', 'infeasible']));
    for (const run of RUNS) expect(readStarted(join(JOURNALS, run)).tool).toBe('0.1.0');
  });

  test.each(RUNS)('outcomes of %s recompute to the bit', async (run) => {
    const { plan, entries, evaluate } = await open(run);
    let checked = 0;
    const difference = await verifyOutcomes(plan, evaluate, entries, () => checked++);
    expect(difference).toBeNull();
    expect(checked).toBe(entries.length);
  });

  test.each(['cross-layer', 'offload'])('outcomes of %s are the same with the policy as it is today', async (run) => {
    const { sources, entries } = await readRecorded(join(JOURNALS, run));
    expect(changedPolicies(sources)).toHaveLength(1);
    const policies = await loadPolicies(sources.policies.map(({ file }) => file));
    const plan = await resolvePlan(sources, createSimulator, policies);
    expect(await verifyOutcomes(plan, await evaluatorOf(plan, policies), entries, () => undefined)).toBeNull();
  });
});

describe('verification of outcomes', () => {
  test('finds a digit of a replicate', async () => {
    const digit = /("trial":2,"outcome":.*?"metrics":\{"[^"]+":\d+\.)(\d)/;
    cpSync(join(JOURNALS, 'offload'), join(folder, 'changed'), { recursive: true });
    const file = join(folder, 'changed', 'journal.jsonl');
    const before = readFileSync(file, 'utf8');
    const after = before
      .split('\n')
      .map((line) =>
        line.includes('trial-finished')
          ? line.replace(digit, (__, head, old) => `${head}${(Number(old) + 1) % 10}`)
          : line,
      )
      .join('\n');
    expect(after).not.toBe(before);
    writeFileSync(file, after);
    const { plan, evaluate } = await open('offload');
    const { entries } = await readRecorded(join(folder, 'changed'));
    const difference = await verifyOutcomes(plan, evaluate, entries, () => undefined);
    expect(difference?.key).toMatch(/^outcome\.replicates\.0\.metrics\./);
    expect(entries[difference!.line - 1]).toMatchObject({ kind: 'trial-finished', trial: 2 });
  });
});

describe('a run of another version', () => {
  const message = (body: () => void): string => {
    try {
      body();
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return 'nothing thrown';
  };

  test('is not verified where its policy has changed: the version that recorded it is named', () => {
    expect(message(() => requireRecordedPolicies(join(JOURNALS, 'cross-layer')))).toBe(
      'the policy module has changed since paretune 0.1.0 recorded this run',
    );
    expect(message(() => requireRecordedPolicies(join(JOURNALS, 'kvsched')))).toBe('nothing thrown');
  });

  test('is not verified where the sampler proposes other points since', () => {
    for (const [sampler, since] of Object.entries(PROPOSALS_SINCE)) {
      expect(message(() => requireSameProposals(sampler, '0.0.9'))).toBe(
        `paretune 0.0.9 recorded this run, and sampler "${sampler}" proposes other points since ${since}`,
      );
      expect(message(() => requireSameProposals(sampler, since))).toBe('nothing thrown');
      expect(message(() => requireSameProposals(sampler, '10.0.0'))).toBe('nothing thrown');
    }
  });

  test('of 0.1 with sampler gp is refused by name, since 0.3 proposes other points', () => {
    expect(message(() => requireSameProposals('gp', '0.1.0'))).toMatch(
      /^paretune 0\.1\.0 recorded this run, .* since 0\.3\.0$/,
    );
  });

  test('is refused by the command line in one line, and only read by the others', async () => {
    const run = join(JOURNALS, 'cross-layer');
    const { code, stdout, stderr } = await paretune(['verify', run, '--quiet']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^paretune: strategies\/policies\/cross-layer\.ts: .* paretune 0\.1\.0 .*--outcomes [^\n]*\n$/,
    );
    const front = await paretune(['pareto', run, '--json'], folder);
    expect(front.code, front.stderr).toBe(0);
    expect(dataOf(front.stdout).shortList).toContain(2);
  });

  test('has its outcomes recomputed on demand', async () => {
    const { code, stdout } = await paretune([
      'verify',
      join(JOURNALS, 'pd-slo'),
      '--outcomes',
      '--quiet',
      '--workers',
      '1',
    ]);
    expect([stdout, code]).toEqual(['identical: 5 outcomes recomputed\n', 0]);
  });

  test('with racing and screening is refused by every command, which names the version that reads it', async () => {
    cpSync(join(JOURNALS, 'tiered'), join(folder, 'savers'), { recursive: true });
    for (const command of ['report', 'verify', 'resume']) {
      const { code, stdout, stderr } = await paretune([command, 'savers'], folder);
      expect([command, code, stdout]).toEqual([command, 2, '']);
      expect(stderr).toMatch(/(racing: was taken out after|racing or screening stopped is read by) version 0\.2/);
    }
  });
});
