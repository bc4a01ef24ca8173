import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { readWorkload } from '../../../src/library/read-workload.ts';
import { simulateCluster } from '../../../src/library/simulate-cluster.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkloadDocument } from '../../../src/simulators/workload/workload-document.ts';
import { nominalRate } from '../../../src/study/capacity/meets-targets.ts';
import { documentKind, loadStudySources } from '../../../src/study/io/load-study.ts';
import { readPlanFile } from '../../../src/study/io/plan-file.ts';
import { createRunFolder } from '../../../src/study/io/run-folder.ts';
import { planOf, startedEntry } from '../../../src/study/io/study-session.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const COLUMNS =
  'request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason,hash_block_tokens,hash_ids';
const row = (id: number, sloClass: string, input: number, atUs: number, ids: string): string =>
  `${id},c,t,${sloClass},,0,,0,false,${input},8,0,0,0,0,0,other/model,0,0,${atUs},${atUs},0,0,0,ok,,,512,${ids}`;
const header = write(
  'day.yaml',
  'trace_version: 3\ntime_unit: microseconds\nmode: generated\nwarm_up_requests: 0\ngoodput_slo_targets: {critical: {ttft_ms: 500}}\n',
);
write(
  'day.csv',
  `${[COLUMNS, row(0, 'critical', 1024, 0, '1 2'), row(1, 'batch', 1000, 2_000_000, '1 3'), row(2, 'critical', 1040, 4_000_000, '1 2 4')].join('\n')}\n`,
);
write(
  'strategy.yaml',
  'name: t\nsimulator: cluster\nconfig: {model: qwen/qwen3-14b, hardware: H100, tp: 1, latency_model: roofline, num_instances: 1, routing_policy: round-robin, max_num_seqs: "${n}"}\nparameters: [{name: n, type: integer, low: 8, high: 64}]\nbaseline: {n: 16}\n',
);
const study = (name: string, workload: string, more = ''): string =>
  write(
    name,
    `name: s\nstrategy: strategy.yaml\nworkload: ${workload}\nseeds: [1]\nbudget: {trials: 1}\nobjectives: [{metric: ttft_p99_ms, direction: minimize}]\n${more}`,
  );
const config = {
  model: 'qwen/qwen3-14b',
  hardware: 'H100',
  tp: 1,
  latency_model: 'roofline',
  num_instances: 1,
  routing_policy: 'round-robin',
};

describe('a trace as workload of a study', () => {
  test.each([
    ['by its header', 'day.yaml'],
    ['named in the study', '{trace: day.yaml}'],
    ['by its data', '{trace: day.csv, rate_factor: 2}'],
    ['at a rate of its own', '{trace: day.csv, aggregate_rate: 1}'],
  ])('%s', async (_, workload) => {
    const plan = await planOf(loadStudySources(study('study.yaml', workload)));
    const spec = parseWorkloadDocument(plan.workload);
    const { initial } = generateWorkload(spec, { seed: 7 });
    const factor = /rate/.test(workload) ? 2 : 1;
    expect(nominalRate(plan.workload)).toBe(0.5 * factor);
    expect([...initial.arrivalUs].map((us) => us * factor)).toEqual([0, 2_000_000, 4_000_000]);
    expect([...initial.inputTokens]).toEqual([1024, 1000, 1040]);
    expect(plan.metrics.map(({ name }) => name)).toContain('ttft_p99_ms[batch]');
    // Targets of the header count.
    expect(plan.metrics.map(({ name }) => name)).toContain('goodput_rps[critical]');
  });

  test('is recorded with the run, which needs its files no more', async () => {
    const other = join(folder, 'gone');
    mkdirSync(other);
    for (const name of ['day.yaml', 'day.csv', 'strategy.yaml']) {
      writeFileSync(join(other, name), readFileSync(join(folder, name)));
    }
    const file = join(other, 'study.yaml');
    writeFileSync(file, readFileSync(study('study.yaml', '{trace: day.yaml}')));
    const sources = loadStudySources(file);
    const plan = await planOf(sources);
    createRunFolder(join(folder, 'run'), sources, plan, startedEntry(plan));
    rmSync(other, { recursive: true });
    const again = await planOf(readPlanFile(join(folder, 'run')));
    expect(again.hash).toBe(plan.hash);
    expect(again.workload).toEqual(plan.workload);
  });

  test('is part of the hash of the plan', async () => {
    const hashOf = async () => (await planOf(loadStudySources(study('study.yaml', 'day.yaml')))).hash;
    const before = await hashOf();
    const data = readFileSync(join(folder, 'day.csv'), 'utf8');
    write('day.csv', data.replace(',1024,8,', ',1023,8,'));
    const after = await hashOf();
    write('day.csv', data);
    expect(after).not.toBe(before);
    expect(await hashOf()).toBe(before);
  });

  test('may differ from regime to regime', async () => {
    const file = study(
      'regimes.yaml',
      'day.yaml',
      'workloads:\n  - {name: today}\n  - {name: twice, workload_overrides: {rate_factor: 2}}\n  - {name: other, workload: {trace: day.csv, num_requests: 2}}\n',
    );
    const plan = await planOf(loadStudySources(file));
    const lengths = plan.regimes!.workloads.map(({ workload }) => {
      const { initial } = generateWorkload(parseWorkloadDocument(workload));
      return [initial.length, initial.arrivalUs[initial.length - 1]];
    });
    expect(lengths).toEqual([
      [3, 4_000_000],
      [3, 2_000_000],
      [2, 2_000_000],
    ]);
  });

  test('reaches the caches: what two prompts share is computed once', () => {
    const workload = readWorkload(header);
    const result = simulateCluster({ config: { ...config, block_size_in_tokens: 16 }, workload, seed: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(result.metrics['completion_fraction']).toBe(1);
    const without = { ...workload, trace: { ...(workload['trace'] as object), rows: withoutIds(workload) } };
    const cold = simulateCluster({ config, workload: without as never, seed: 1 });
    if (cold.kind !== 'measured') throw new Error(cold.reason);
    expect(cold.metrics['cache_hit_rate']).toBe(0);
    // Of 16 tokens: 32 of 63 blocks of the second prompt, 64 of 65 of the third, and one of answers each.
    expect(result.metrics['cache_hit_rate']).toBeCloseTo(96 / (64 + 63 + 65 + 2), 2);
    expect(result.metrics['ttft_mean_ms']!).toBeLessThan(0.9 * cold.metrics['ttft_mean_ms']!);
  });

  test('has requests for the served model, whatever model was recorded, unless names are to be kept', () => {
    const workload = readWorkload(header);
    const kept = simulateCluster({ config, workload: { ...workload, keep_models: true }, seed: 1 });
    expect(kept).toMatchObject({ kind: 'infeasible' });
  });
});

const withoutIds = (workload: Record<string, unknown>): string =>
  (workload['trace'] as { rows: string }).rows
    .split('\n')
    .map((line) => line.split(',').slice(0, -2).join(','))
    .join('\n');

describe('mistakes', () => {
  const refusal = (body: () => unknown): string => {
    try {
      body();
      return 'taken';
    } catch (error) {
      if (error instanceof InputError) return describeInputError(error).replaceAll(folder, '');
      throw error;
    }
  };

  test.each([
    ['a missing file', '{trace: night.yaml}', /study\.yaml:3:12 trace: file not found: night\.yaml; looked for /],
    [
      'a header without data',
      '{trace: lonely.yaml}',
      /lonely\.yaml: is the header of a trace without its data; the rows are looked for in .*lonely\.csv/,
    ],
    [
      'a trace of another format',
      '{trace: azure.csv}',
      /azure\.csv:1:1: is no TraceV2 data; `paretune import trace .*azure\.csv --out DIR` makes it/,
    ],
    ['a row that cannot be read', '{trace: bad.csv}', /bad\.csv:2:20: input_tokens must be an integer ≥ 0, got "x"/],
  ])('%s', (_, workload, message) => {
    write('lonely.yaml', readFileSync(header, 'utf8'));
    write('azure.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\n');
    write('bad.csv', `${COLUMNS}\n${row(0, '', 5, 0, '1').replace(',5,8,', ',x,8,')}\n`);
    expect(refusal(() => loadStudySources(study('study.yaml', workload)))).toMatch(message);
  });

  test.each([
    ['an unknown key', '{trace: day.yaml, rate: 3}', /unknown key "rate"/],
    [
      'a pause without closed loop',
      '{trace: day.yaml, think_time: "constant:value=1s"}',
      /think_time: has an effect with `session_mode: closed-loop` only/,
    ],
    ['a wrong mode', '{trace: day.yaml, session_mode: open}', /unknown session mode "open"/],
  ])('%s', async (_, workload, message) => {
    const sources = loadStudySources(study('study.yaml', workload));
    await expect(planOf(sources)).rejects.toThrow(InputError);
    const problem = await planOf(sources).catch((error: InputError) => describeInputError(error));
    expect(problem).toMatch(message);
    expect(problem).toMatch(/study\.yaml:3/);
  });

  test('the header of a trace is a workload to `check`', () => {
    expect(documentKind(readYamlFile(header))).toBe('workload');
  });
});
