import { describe, expect, it } from 'vitest';
import { recordedRuns, repeat } from './recorded-runs.ts';

const RECORDED = recordedRuns('random-named.jsonl.gz');
const OFFLOAD = 'kv_offload:\n  cpu_bytes_to_use: 1000000000\n';

/** Replays the trace of a recorded run with further flags. */
async function replay(id: string, more: readonly (readonly [string, string])[], files: Record<string, string> = {}) {
  const run = RECORDED.find((one) => one.id === id)!;
  const data = run.flags.filter(([name]) => ['model', 'trace-header', 'trace-data'].includes(name));
  return await repeat({ command: 'replay', flags: [...data, ...more], files: { ...run.files, ...files } });
}

describe('paretune blis replay refuses, as the reference does', () => {
  it('a KV offload that the simulated trace did not have, or has already', async () => {
    const flag = [['kv-offload-config', '@more.yaml']] as const;
    const added = await replay('replay-results-bytes', flag, { 'more.yaml': OFFLOAD });
    expect([added.code, added.stderr]).toEqual([
      2,
      'paretune: --kv-offload-config: the trace was simulated without KV offload\n',
    ]);
    const second = await replay('replay-offload-header', flag, { 'more.yaml': OFFLOAD });
    expect([second.code, second.stderr]).toEqual([
      2,
      'paretune: --kv-offload-config: the header of the trace has one\n',
    ]);
  });

  it('the prefix threshold of another decider', async () => {
    const pools = [
      ['num-instances', '2'],
      ['prefill-instances', '1'],
      ['decode-instances', '1'],
      ['pd-prefix-threshold', '16'],
    ] as const;
    const always = await replay('replay-results-bytes', [...pools, ['pd-decider', 'always']]);
    expect([always.code, always.stderr]).toEqual([
      2,
      'paretune: --pd-prefix-threshold: has no effect with --pd-decider always\n',
    ]);
    expect((await replay('replay-results-bytes', [...pools, ['pd-decider', 'prefix-threshold']])).code).toBe(0);
  });

  it('storage with a locality in lower case', async () => {
    const tier = '  secondary_tiers: [{type: fs, root_dir: /a, direct_io: true, device_class: s3, locality: remote}]\n';
    const header = RECORDED.find((one) => one.id === 'replay-results-bytes')!.files['t.yaml']!;
    const { code, stderr } = await replay('replay-results-bytes', [], { 't.yaml': header + OFFLOAD + tier });
    expect(code).toBe(2);
    expect(stderr).toContain('unknown locality "remote"');
  });
});

describe('the header of an exported trace', () => {
  it('says what the run obeyed, so that a replay of it needs no flag', async () => {
    const files = { 'o.yaml': OFFLOAD };
    const flags = [
      ['model', 'qwen/qwen3-14b'],
      ['rate', '40'],
      ['num-requests', '40'],
      ['total-kv-blocks', '400'],
      ['horizon', '9223372036854775807'],
    ] as const;
    const run = await repeat({
      command: 'run',
      flags: [...flags, ['kv-offload-config', '@o.yaml'], ['slo-e2e', 'default=1500.5s'], ['trace-output', 'OUT/t']],
      files,
    });
    expect(run.outputs['t.yaml']).toContain('        e2e_ms: 1.5005e+06\n');
    const again = await repeat({
      command: 'replay',
      flags: [
        ...flags.filter(([name]) => !['rate', 'num-requests'].includes(name)),
        ['trace-header', '@t.yaml'],
        ['trace-data', '@t.csv'],
      ],
      files: { 't.yaml': run.outputs['t.yaml']!, 't.csv': run.outputs['t.csv']! },
    });
    expect(again.stdout).toBe(run.stdout);
  });
});
