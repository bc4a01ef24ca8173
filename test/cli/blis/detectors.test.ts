import { describe, expect, it } from 'vitest';
import { recordedRuns, repeat } from './recorded-runs.ts';

const run = async (flags: readonly string[], files: Record<string, string> = {}) =>
  await repeat({
    command: 'run',
    flags: [
      ['model', 'qwen/qwen3-14b'],
      ['num-requests', '5'],
      ...flags.map((flag) => flag.split('=') as [string, string]),
    ],
    files,
  });

const config = (ms: number) => ({ 'sat.yaml': `threshold: {threshold_ms: ${ms}}\n` });
const tuned = ['detectors=threshold', 'saturation-config=@sat.yaml'];

function saturation(stdout: string): unknown {
  const [, text] = /=== Simulation Metrics ===\n(\{[\s\S]*?\n\})/.exec(stdout) ?? [];
  return (JSON.parse(text!) as { saturation?: unknown }).saturation;
}

describe('saturation after a run', () => {
  it('is printed where it is asked for, and changes nothing else', async () => {
    const plain = await run([]);
    const { stdout } = await run(['detectors=threshold']);
    expect(saturation(plain.stdout)).toBeUndefined();
    expect(stdout.replace(/,\n {2}"saturation": \{\n {4}"threshold": "\w+"\n {2}\}/, '')).toBe(plain.stdout);
    expect((await run(['detectors='])).stdout).toBe(plain.stdout);
  });

  it('is overloaded where the mean E2E is beyond the threshold', async () => {
    expect(saturation((await run(tuned, config(1))).stdout)).toEqual({ threshold: 'OVERLOADED' });
    expect(saturation((await run(tuned, config(1e9))).stdout)).toEqual({ threshold: 'STABLE' });
    expect(saturation((await run(['detectors=threshold', 'num-requests=1', 'horizon=10'])).stdout)).toEqual({
      threshold: 'STABLE',
    });
  });

  it('is printed by a replay, too', async () => {
    const replay = recordedRuns('random-named.jsonl.gz').find(({ id }) => id === 'replay-results-bytes')!;
    const { stdout } = await repeat({
      ...replay,
      flags: [...replay.flags.filter(([name]) => name !== 'results-path'), ['detectors', 'threshold']],
    });
    expect(saturation(stdout)).toEqual({ threshold: 'STABLE' });
  });

  it.each<[string[], Record<string, string>, RegExp]>([
    [['detectors=all'], {}, /^paretune: --detectors all is not supported: it would print .*composite/],
    [['detectors=threshold,composite'], {}, /--detectors composite is not supported: it would compare completions/],
    [['detectors=backlog-drift'], {}, /--detectors backlog-drift is not supported: it would compare the slope/],
    [['detectors=treshold'], {}, /--detectors: unknown detector "treshold"; did you mean "threshold"/],
    [['saturation-report=r.json'], {}, /--saturation-report is not supported: it would write a verdict/],
    [['saturation-final-window=10s'], {}, /--saturation-final-window: needs --detectors/],
    [['saturation-config=@sat.yaml'], config(1), /--saturation-config: needs --detectors/],
    [['detectors=threshold', 'saturation-final-window=ten'], {}, /--saturation-final-window: must be a duration/],
    [tuned, { 'sat.yaml': 'composite: {sensitivity: 2}\n' }, /sat\.yaml:1:1 composite: belongs to a detector/],
    [tuned, { 'sat.yaml': 'threshold: {ms: 2}\n' }, /sat\.yaml:1:\d+ threshold\.ms: unknown key "ms"/],
    [tuned, config(0), /threshold\.threshold_ms: must be a number ≥ 1e-6, got 0/],
  ])('is refused in one line: %j', async (flags, files, message) => {
    const { code, stderr } = await run(flags, files);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
  });
});

describe('--lazy-generation', () => {
  it('gives the same results', async () => {
    const { stdout } = await run([]);
    for (const word of ['true', '0']) expect((await run([`lazy-generation=${word}`])).stdout).toBe(stdout);
  });
});
