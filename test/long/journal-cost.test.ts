import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import type { ParameterValues } from '../../src/optimizer/space/parameter.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { createSimulator } from '../../src/simulators/registry.ts';
import { evaluateTask, evaluationSetup } from '../../src/study/evaluation.ts';
import { documentSources, type StudyDocuments } from '../../src/study/io/document-sources.ts';
import { createRunFolder } from '../../src/study/io/run-folder.ts';
import { planOf, type RecordedStudy, readRecorded, startedEntry } from '../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { runStudy } from '../../src/study/run-study.ts';
import { joinReplicates } from '../../src/study/trial.ts';
import { temporaryFolder } from '../support/command-line.ts';
import { chainedText } from '../support/study-journal.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const file = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

/** Evaluations of a millisecond. */
const PAIRS: Omit<StudyDocuments, 'study'> = {
  strategy: file('strategies/pd-slo.yaml'),
  space: file('search-spaces/pd-slo.yaml'),
  workload: { requests: 5 },
};
const CLUSTER: Omit<StudyDocuments, 'study'> = {
  strategy: file('strategies/llm-d-weighted.yaml'),
  space: file('search-spaces/llm-d-weighted.yaml'),
  workload: {
    version: '2',
    aggregate_rate: 400,
    num_requests: 20,
    clients: [
      {
        id: 'a',
        rate_fraction: 1,
        arrival: { process: 'poisson' },
        input_distribution: { type: 'constant', params: { value: 200 } },
        output_distribution: { type: 'constant', params: { value: 8 } },
      },
    ],
  },
};

function sourcesWith(documents: Omit<StudyDocuments, 'study'>, trials: number, metric: string) {
  return documentSources({
    ...documents,
    study: {
      name: 'cost',
      objectives: [{ metric }, { metric: 'tokens_per_sec' }],
      seeds: [1],
      budget: { trials },
      batch: 10,
      sampler: 'random',
    },
  });
}

/** Seconds of CPU that `body` takes. */
async function cpuSeconds(body: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function evaluator(plan: StudyPlan) {
  const simulator = await createSimulator(plan.simulator);
  const setup = evaluationSetup(plan);
  return (values: ParameterValues, seed: number) => evaluateTask(simulator, setup, { values, seed });
}

describe('a journal of 5,000 trials', () => {
  const TRIALS = 5000;
  const times: number[] = [];
  let recorded: RecordedStudy;

  beforeAll(async () => {
    const sources = sourcesWith(PAIRS, TRIALS, 'ttft_mean_ms');
    const plan = await planOf(sources);
    createRunFolder(join(folder, 'run'), sources, plan, startedEntry(plan));
    const measure = await evaluator(plan);
    const run = runStudy({
      plan,
      sampler: createSampler('random'),
      evaluate: async (values, seeds) =>
        joinReplicates(
          seeds,
          seeds.map((seed) => measure(values, seed)),
        ),
      started: startedEntry(plan),
      entries: [],
    });
    const entries: JournalEntry[] = [];
    for await (const entry of run) {
      entries.push(entry);
      times.push(process.cpuUsage().user / 1e6);
    }
    writeFileSync(join(folder, 'run', 'journal.jsonl'), chainedText(entries));
  }, 1_800_000);

  test('costs no more CPU in its second half than in its first', () => {
    const middle = times[times.length >> 1]!;
    const [first, second] = [middle - times[0]!, times.at(-1)! - middle];
    process.stdout.write(`CPU of the first half ${first} s, of the second ${second} s\n`);
    expect(second / first).toBeLessThan(1.1);
  });

  test('opens in less than 2 s of CPU', async () => {
    const seconds = await cpuSeconds(async () => {
      recorded = await readRecorded(join(folder, 'run'));
    });
    process.stdout.write(`opened in ${seconds} s of CPU\n`);
    expect(recorded.state.trials).toHaveLength(TRIALS);
    expect(seconds).toBeLessThan(2);
  });

  test('is reported in less than 20 s of CPU', async () => {
    const seconds = await cpuSeconds(async () => {
      await writeReport(join(folder, 'run'), buildReport(recorded.plan, recorded.state, 'test'));
    });
    process.stdout.write(`reported in ${seconds} s of CPU\n`);
    expect(seconds).toBeLessThan(20);
  });
});

describe.each([
  ['pairs of pods', PAIRS, 'ttft_mean_ms'],
  ['a cluster', CLUSTER, 'ttft_p99_ms'],
] as const)('100,000 random evaluations of %s', (_, documents, metric) => {
  test('leave the heap as it was', async () => {
    const plan = await planOf(sourcesWith(documents, 100_000, metric));
    const measure = await evaluator(plan);
    const evidence = {
      space: plan.space,
      objectiveCount: 2,
      constraintCount: 0,
      observations: [],
      pending: [],
      budget: null,
    };
    const evaluate = (from: number, to: number): void => {
      for (let seed = from; seed < to; seed += 100) {
        for (const values of createSampler('random')(evidence, { count: 100, seed })) {
          expect(measure(values, 1).kind).not.toBe('failed');
        }
      }
    };
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    evaluate(0, 2000);
    const before = heap();
    evaluate(2000, 102_000);
    const after = heap();
    process.stdout.write(`heap ${Math.round(before / 2 ** 20)} MiB before, ${after / before} of it after\n`);
    expect(after / before).toBeLessThan(1.2);
  }, 3_600_000);
});
