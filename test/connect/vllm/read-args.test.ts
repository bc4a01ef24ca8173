import { describe, expect, it } from 'vitest';
import { importEngine } from '../../../src/connect/vllm/engine-settings.ts';
import { readVllmArgs } from '../../../src/connect/vllm/read-args.ts';

describe('flags of vLLM', () => {
  it('are read in every form that vLLM takes', () => {
    const line = `VLLM_USE_V1=1 /opt/bin/vllm serve Qwen/Qwen3-14B --port 8000 --max-num-seqs=512 \\
  --max_num_batched_tokens 8k -tp 2 --no-enable-prefix-caching --trust-remote-code # the end
  --gpu-memory-utilization 0.85 --max-model-len 32K --block-size "32" --scheduling-policy 'priority'`;
    expect(readVllmArgs(line)).toEqual({
      others: [],
      values: {
        model: 'Qwen/Qwen3-14B',
        'max-num-seqs': 512,
        'max-num-batched-tokens': 8000,
        'tensor-parallel-size': 2,
        'enable-prefix-caching': false,
        'gpu-memory-utilization': 0.85,
        'max-model-len': 32_768,
        'block-size': 32,
        'scheduling-policy': 'priority',
      },
    });
  });

  it('may be flags alone, or start the server as a module', () => {
    expect(readVllmArgs('--max-num-seqs 64').values).toEqual({ 'max-num-seqs': 64 });
    const module = 'python3 -m vllm.entrypoints.openai.api_server --model qwen/qwen3-14b --tensor-parallel-size=4';
    expect(readVllmArgs(module).values).toEqual({ model: 'qwen/qwen3-14b', 'tensor-parallel-size': 4 });
  });

  it.each([
    ['8192', 8192],
    ['8k', 8000],
    ['8K', 8192],
    ['25.6k', 25_600],
    ['1m', 1_000_000],
    ['2M', 2_097_152],
  ])('write integers as people do: %s is %i', (text, value) => {
    expect(readVllmArgs(`--max-model-len ${text}`).values['max-model-len']).toBe(value);
  });

  it('with JSON, dots or levels are one flag, and named where they are not simulated', () => {
    const line = `--compilation-config '{"level": 3}' -O3 --speculative-config.num_tokens 4 --quantization fp8 --enforce-eager`;
    expect(readVllmArgs(line).others).toEqual([
      '--compilation-config {"level": 3}',
      '-O3',
      '--speculative-config.num_tokens 4',
      '--quantization fp8',
      '--enforce-eager',
    ]);
  });

  it.each([
    ['--max-num-seqs 1.5K', '--max-num-seqs'],
    ['--max-num-seqs', 'got nothing'],
    ['--max-num-sqes 64', 'did you mean --max-num-seqs?'],
    ['--model $MODEL', 'shell variables'],
    ["--model 'qwen", 'a quote is not closed'],
    ['vllm serve a b', 'belongs to no flag'],
    ['--config engine.yaml', 'a file of flags is not read'],
    ['--enable-expert-parallel=maybe', 'must be true or false'],
  ])('are refused by name: %s', (line, expected) => {
    let said = '';
    try {
      readVllmArgs(line);
    } catch (error) {
      const { message, suggestion, path } = error as { message: string; suggestion?: string; path: string[] };
      said = `${path.join()} ${message} ${suggestion ?? ''}`;
    }
    expect(said).toContain(expected);
  });
});

describe('engine settings of flags', () => {
  const settings = (line: string, gpu?: string) => importEngine(readVllmArgs(line), gpu === undefined ? {} : { gpu });

  it('take the defaults of the GPU where no flag says otherwise, and say so', () => {
    const large = settings('vllm serve qwen/qwen3-14b', 'H100');
    expect(large.settings).toMatchObject({
      max_num_seqs: 1024,
      max_num_batched_tokens: 8192,
      gpu_memory_utilization: 0.9,
    });
    expect(large.notes.join()).toContain('defaults of vLLM 0.28 on H100: max_num_seqs 1024');
    expect(settings('vllm serve qwen/qwen3-14b', 'A100-80').settings).toMatchObject({
      max_num_seqs: 256,
      max_num_batched_tokens: 2048,
    });
  });

  it('count offloaded memory in blocks over all GPUs', () => {
    // llama-3.1-8b: 32 layers × 2 × 8 heads × 128 × 2 bytes = 128 KiB a token, 2 MiB a block of 16.
    const { settings: found } = settings(
      'meta-llama/llama-3.1-8b-instruct -tp 2 --kv-offloading-size 1.5 --kv-offloading-backend native',
    );
    expect(found['kv_cpu_blocks']).toBe(768);
  });

  it('name flags without a counterpart', () => {
    expect(settings('qwen/qwen3-14b --no-enable-chunked-prefill -pp 2').leftOut).toEqual([
      '-pp 2',
      '--no-enable-chunked-prefill: prompts are chunked',
    ]);
  });

  it.each([
    ['vllm serve acme/new-model', /unknown model/],
    [
      'vllm serve qwen/qwen3-14b --max-num-batched-tokens 64 --max-num-seqs 128',
      /max_num_batched_tokens ≥ max_num_seqs must hold/,
    ],
    ['vllm serve qwen/qwen3-14b --scheduling-policy sjf', /unknown scheduling policy/],
  ])('refuse %s', (line, expected) => {
    expect(() => settings(line)).toThrow(expected);
  });
});
