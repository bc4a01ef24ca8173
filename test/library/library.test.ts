import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  createOptimizer,
  describeInputError,
  type Evaluation,
  InputError,
  type JournalEntry,
  type Json,
  type Optimizer,
  readWorkload,
  restoreOptimizer,
  runStudy,
  type StudyDocuments,
  simulateCluster,
} from '../../src/index.ts';
import { answerLine } from '../../src/optimizer/ask-tell/session.ts';
import { EMPTY_SESSION } from '../../src/optimizer/ask-tell/session-state.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import type { ClusterPolicy, Scheduler } from '../../src/policy.ts';
import { paretune, temporaryFolder } from '../support/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refusal = async (body: () => unknown): Promise<string> => {
  try {
    await body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return 'nothing thrown';
};

const STUDY: StudyDocuments = {
  study: { name: 'kv', objectives: [{ metric: 'p99_ms' }], seeds: [1, 2], budget: { trials: 6 }, sampler: 'sobol' },
  strategy: `name: kv
simulator: kvsched
config: {scheduler: kv_heuristic, ticks: 100, weights: {w_queue: "\${queue}"}}
baseline: {queue: 1}
parameters: [{name: queue, type: real, low: 0.1, high: 10, log: true}]
`,
  workload: readFileSync('studies/kvsched/scenarios/S2_edge_cloud.yaml', 'utf8'),
};

describe('runStudy', () => {
  test('gives the report and the entries of a study whose documents are in memory', async () => {
    const seen: [JournalEntry, number][] = [];
    const { report, entries, interrupted, files } = await runStudy(STUDY, {
      workers: 1,
      onEntry: (entry, { finishedTrials }) => seen.push([entry, finishedTrials]),
    });
    expect([report.trials.length, report.ended, interrupted, files]).toEqual([6, 'budget used', false, []]);
    expect(seen.map(([entry]) => entry)).toEqual(entries);
    expect(entries.filter(({ kind }) => kind === 'trial-finished')).toHaveLength(6);
    expect(seen.at(-1)![1]).toBe(6);
    expect(report.front.length).toBeGreaterThan(0);
  });

  test('writes a folder that the command line verifies, and refuses to run in it again', async () => {
    const out = join(folder, 'run');
    const { files } = await runStudy(STUDY, { workers: 1, out });
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
    const { code, stdout } = await paretune(['verify', out, '--quiet', '--workers', '1']);
    expect([code, stdout]).toEqual([0, 'identical: 14 journal entries recomputed\n']);
    expect(await refusal(() => runStudy(STUDY, { out }))).toContain('already holds a run');
  });

  test('stops where it is told to, with what is known by then', async () => {
    const stop = new AbortController();
    const { report, interrupted } = await runStudy(STUDY, {
      workers: 1,
      signal: stop.signal,
      onEntry: (_, { finishedTrials }) => finishedTrials === 2 && stop.abort(),
    });
    expect(interrupted).toBe(true);
    expect(report.ended).toBeNull();
    expect(report.trials.filter(({ status }) => status === 'observed')).toHaveLength(2);
  });

  test.each<[string, StudyDocuments | string, string]>([
    ['a study that is nowhere', 'nowhere', 'nowhere: file not found; check the path'],
    [
      'a file named in a study that is none',
      { ...STUDY, study: { ...(STUDY.study as object), space: 'space.yaml' } },
      'study:18:3 space: names a file, but the study is not one; give the document beside it',
    ],
    [
      'earlier runs named in a study that is no file',
      { ...STUDY, study: { ...(STUDY.study as object), warm_start: ['a'] } },
      'names files, but the study is not one; write the study into a file',
    ],
  ])('says what is wrong with %s', async (_, study, message) => {
    expect(await refusal(() => runStudy(study))).toContain(message);
  });
});

describe('createOptimizer', () => {
  const SPACE = [
    { name: 'x', type: 'float', low: -2, high: 2 },
    { name: 'n', type: 'int', low: 1, high: 9 },
    { name: 'kind', type: 'categorical', choices: ['a', 'b'] },
  ] as const;
  const loss = ({ x, n }: Readonly<Record<string, unknown>>): number => (Number(x) - 0.5) ** 2 + Number(n) / 10;

  test('suggests what the ask-tell protocol suggests', () => {
    const optimizer = createOptimizer({ space: SPACE, seed: 3, budget: 12 });
    const context = { sampler: createSampler('gp'), version: '' };
    let state = EMPTY_SESSION;
    const send = (message: object): Json => {
      const answer = answerLine(state, JSON.stringify(message), context);
      state = answer.state;
      return answer.reply;
    };
    const objectives = [{ name: 'value' }];
    send({ op: 'init', space: SPACE, objectives, seed: 3, budget: 12 });
    for (let i = 0; i < 12; i++) {
      const suggestion = optimizer.ask();
      expect(suggestion).toEqual(send({ op: 'ask' }));
      const values = [loss(suggestion.params)];
      optimizer.tell(suggestion.id, { values });
      send({ op: 'tell', id: suggestion.id, values });
    }
    expect(optimizer.best()).toEqual(send({ op: 'best' }));
    expect(optimizer.best().recommendation!.mean[0]).toBeLessThan(0.4);
  });

  test('goes on from its state as if it had never stopped', () => {
    const first = createOptimizer({ space: SPACE, objectives: [{ name: 'gain', direction: 'maximize' }], seed: 1 });
    for (const { id, params } of first.askMany(4))
      first.tell(id, { values: [[-loss(params)], [-loss(params) - 0.01]] });
    const { id } = first.ask();
    first.tell(id, { failed: 'no memory' });
    first.addEarlier({ x: 0.4, n: 1, kind: 'a' }, { values: [-0.11] });
    const second = restoreOptimizer(JSON.parse(JSON.stringify(first.state())));
    expect(second.askMany(3)).toEqual(first.askMany(3));
    expect(second.state()).toEqual(first.state());
  });

  test('names what is wrong with an option or a result, and stays as it was', async () => {
    expect(await refusal(() => createOptimizer({ space: [{ name: 'x', type: 'float', low: 2, high: 1 }] }))).toMatch(
      /^space/,
    );
    const optimizer = createOptimizer({ space: SPACE });
    const before = optimizer.state();
    expect(await refusal(() => optimizer.tell(7, { values: [1] }))).toBe('id: was never asked, got 7');
    expect(optimizer.state()).toEqual(before);
  });
});

describe('simulateCluster', () => {
  const workload = { ...readWorkload('studies/workloads/orthogonal-slo.yaml'), num_requests: 60 };
  const config = { model: 'qwen/qwen3-14b', hardware: 'H100', tp: 1, num_instances: 2, max_num_seqs: 4 };

  test('measures what the same seed measures again', () => {
    const once = simulateCluster({ config, workload, seed: 5 });
    expect(once.kind).toBe('measured');
    expect(simulateCluster({ config, workload, seed: 5 })).toEqual(once);
    expect(simulateCluster({ config, workload, seed: 6 })).not.toEqual(once);
  });

  test('runs own policies with their settings', () => {
    const orders: unknown[] = [];
    const lastFirst: Scheduler = { key: ({ arrivalUs }) => -arrivalUs };
    const policy: ClusterPolicy = (settings) => {
      orders.push(settings['order']);
      return { scheduler: lastFirst };
    };
    const own = simulateCluster({
      config: { ...config, policy: { order: 'last' } },
      workload,
      seed: 5,
      policies: [policy],
    });
    expect(new Set(orders)).toEqual(new Set(['last']));
    expect(own).not.toEqual(simulateCluster({ config, workload, seed: 5 }));
  });

  test('names a setting that does not exist', async () => {
    const wrong = { ...config, num_instance: 4 };
    expect(await refusal(() => simulateCluster({ config: wrong, workload, seed: 1 }))).toMatch(
      /^config\.num_instance: unknown/,
    );
    // @ts-expect-error so do the types
    expect(() => simulateCluster({ config: { num_instance: 4 }, workload, seed: 1 })).toThrow();
  });
});

describe('readWorkload', () => {
  test('reads a file, a shipped one and a text alike', () => {
    const shipped = readWorkload('studies/workloads/orthogonal-slo.yaml');
    const text = JSON.stringify(shipped);
    writeFileSync(join(folder, 'w.json'), text);
    expect(readWorkload(join(folder, 'w.json'))).toEqual(shipped);
    expect(readWorkload({ text })).toEqual(shipped);
  });

  test('names the place of a mistake', async () => {
    const text = 'aggregate_rate: 10\nnum_requests: 5\nclient: []\n';
    expect(await refusal(() => readWorkload({ text }))).toMatch(
      /^workload:3:1 client: unknown key "client"; did you mean "clients"/,
    );
  });
});

test('types say what goes in and out', () => {
  expectTypeOf(createOptimizer).returns.toEqualTypeOf<Optimizer>();
  expectTypeOf<Parameters<Optimizer['tell']>>().toEqualTypeOf<[id: number, evaluation: Evaluation]>();
  expectTypeOf(runStudy).parameter(0).toEqualTypeOf<string | StudyDocuments>();
  expectTypeOf<Awaited<ReturnType<typeof runStudy>>['entries']>().toEqualTypeOf<readonly JournalEntry[]>();
  expectTypeOf(simulateCluster).returns.toHaveProperty('kind');
});
