import { describe, expect, it } from 'vitest';
import { repeat } from './recorded-runs.ts';

const DEFAULTS = `version: 0.0.1
defaults:
  qwen/qwen3-14b: {GPU: A100-SXM, tensor_parallelism: 2, vllm_version: v0.11, hf_repo: Qwen/Qwen3-14B}
workloads:
  chatbot:
    prompt_tokens: 20
    prompt_tokens_stdev: 0
    prompt_tokens_min: 1
    prompt_tokens_max: 40
    output_tokens: 8
    output_tokens_stdev: 0
    output_tokens_min: 1
    output_tokens_max: 8
trained_physics_coefficients:
  alpha_coeffs: [15563.199579, 777.3455, 45.907545]
  beta_coeffs: [0.152128, 0.0, 1.36252915, 0.752037, 32.09546717, 4.41684444, 126.024825, 481.8613888, 0.0, 1.94710771, 0.752037]
lora: {load_base_latency_us: 1500}
`;

const run = async (text: string, ...flags: string[]) =>
  await repeat({
    command: 'run',
    flags: [
      ['model', 'qwen/qwen3-14b'],
      ['num-requests', '5'],
      ['defaults-filepath', '@mine.yaml'],
      ...flags.map((flag) => flag.split('=') as [string, string]),
    ],
    files: { 'mine.yaml': text },
  });

const built = async (...flags: string[]) =>
  await repeat({
    command: 'run',
    flags: [
      ['model', 'qwen/qwen3-14b'],
      ['num-requests', '5'],
      ...flags.map((flag) => flag.split('=') as [string, string]),
    ],
    files: {},
  });

describe('the defaults file of the reference', () => {
  it('says where a model runs, below the flags', async () => {
    expect((await run(DEFAULTS)).stdout).toBe((await built('hardware=A100-SXM', 'tp=2')).stdout);
    expect((await run(DEFAULTS, 'hardware=H100', 'tp=1')).stdout).toBe((await built()).stdout);
  });

  it('has the lengths of named workloads', async () => {
    const lengths = ['prompt-tokens=20', 'prompt-tokens-stdev=0', 'prompt-tokens-min=1', 'prompt-tokens-max=40'];
    const outputs = ['output-tokens=8', 'output-tokens-stdev=0', 'output-tokens-min=1', 'output-tokens-max=8'];
    const { stdout } = await built('hardware=A100-SXM', 'tp=2', ...lengths, ...outputs);
    expect((await run(DEFAULTS, 'workload=chatbot')).stdout).toBe(stdout);
    expect((await run(DEFAULTS, 'workload=multidoc')).stderr).toMatch(/unknown workload "multidoc"/);
  });

  it('has the coefficients of trained-physics, and no others are put in their place', async () => {
    const other = DEFAULTS.replace('[15563.199579,', '[99999,');
    expect((await run(other)).stdout).not.toBe((await run(DEFAULTS)).stdout);
    const without = DEFAULTS.slice(0, DEFAULTS.indexOf('trained_physics'));
    const { code, stderr } = await run(without);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^paretune: --defaults-filepath: the defaults file has no trained_physics_coefficients/),
    ]);
    expect((await run(without, 'latency-model=roofline')).code).toBe(0);
  });

  it.each<[string, string, RegExp]>([
    ['a key nobody reads', `${DEFAULTS}models: []\n`, /mine\.yaml:\d+:1 models: unknown key "models"/],
    [
      'a wrong number',
      DEFAULTS.replace('parallelism: 2', 'parallelism: 0'),
      /mine\.yaml:3:\d+ .*must be an integer ≥ 1/,
    ],
    [
      'lengths no request can have',
      DEFAULTS.replace('prompt_tokens: 20', 'prompt_tokens: 90'),
      /:6:\d+ .*must be within/,
    ],
  ])('is refused with line and column for %s', async (_, text, message) => {
    const { code, stderr } = await run(text);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
