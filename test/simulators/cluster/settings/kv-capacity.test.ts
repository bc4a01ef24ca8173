import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HARDWARE } from '../../../../src/simulators/cluster/settings/hardware-catalog.ts';
import { kvBytesPerToken, kvCapacity } from '../../../../src/simulators/cluster/settings/kv-capacity.ts';
import { contextLength, fitToCapacity } from '../../../../src/simulators/cluster/settings/max-model-len.ts';
import { MODEL_CONFIGS } from '../../../../src/simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../../../src/simulators/cluster/settings/model-config.ts';

interface Golden {
  readonly utilisations: readonly number[];
  readonly rows: readonly {
    readonly model: string;
    readonly gpu: string;
    readonly tp: number;
    readonly block_size: number;
    readonly kv_blocks: readonly (number | null)[];
    readonly kv_bytes_per_token: number | null;
  }[];
}

const golden = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../fixtures/blis/kv-capacity.json.gz', import.meta.url))).toString(),
) as Golden;

const model = (name: string) => parseModelConfig(MODEL_CONFIGS[name]!, name);

describe('KV capacity', () => {
  it.each(Object.keys(MODEL_CONFIGS))(
    'of %s equals the reference for every GPU, parallelism and utilisation',
    (name) => {
      const rows = golden.rows.filter((row) => row.model === name);
      expect(rows.length).toBe(24);
      const { architecture } = model(name);
      for (const row of rows) {
        const blocks = golden.utilisations.map((memoryUtilization) => {
          const capacity = kvCapacity({
            model: architecture,
            hardware: HARDWARE[row.gpu]!,
            tp: row.tp,
            dp: 1,
            blockSize: row.block_size,
            memoryUtilization,
          });
          return capacity.kind === 'blocks' ? capacity.blocks : null;
        });
        expect(blocks, JSON.stringify(row)).toEqual(row.kv_blocks);
        if (row.kv_bytes_per_token !== null) {
          expect(kvBytesPerToken(architecture, row.tp)).toBe(row.kv_bytes_per_token);
        }
      }
    },
  );

  it('says why a model does not fit', () => {
    const { architecture } = model('llama-3.1-70b-instruct');
    const capacity = kvCapacity({
      model: architecture,
      hardware: HARDWARE['L40S']!,
      tp: 1,
      dp: 1,
      blockSize: 16,
      memoryUtilization: 0.9,
    });
    expect(capacity).toMatchObject({
      kind: 'none',
      reason: expect.stringMatching(/need 1\d\d\.\d\d GiB of the 43\.20/),
    });
  });
});

describe('context length', () => {
  it.each([
    ['llama-3.1-8b-instruct', 131_072],
    ['llama-3.1-70b-instruct', 131_072],
    ['mistral-nemo-instruct-2407', 131_072],
    ['qwen3-14b', 40_960],
    ['qwen3-30b-a3b', 40_960],
    ['qwen2.5-7b-instruct', 32_768],
    ['mixtral-8x7b-v0.1', 32_768],
    ['codellama-34b-instruct-hf', 16_384],
    ['llama-2-7b-hf', 4_096],
    ['yi-34b', 4_096],
    ['deepseek-v2-lite', 163_840],
    ['llama-4-scout-17b-16e-instruct-fp8-dynamic', 10_485_760],
  ])('of %s is %i tokens', (name, length) => {
    expect(contextLength(model(name).document)).toBe(length);
  });

  it('grows by linear rope scaling and not below factor 1', () => {
    const base = { max_position_embeddings: 4096 };
    expect(contextLength({ ...base, rope_scaling: { type: 'linear', factor: 2.5 } })).toBe(10_240);
    expect(contextLength({ ...base, rope_scaling: { type: 'linear', factor: 0.5 } })).toBe(4096);
    expect(contextLength({ ...base, model_type: 'gemma3_text', rope_scaling: { type: 'linear', factor: 8 } })).toBe(
      4096,
    );
  });

  it('is cut to what the blocks can hold', () => {
    expect(fitToCapacity(131_072, 1000, 16)).toBe(16_000);
    expect(fitToCapacity(15_999, 1000, 16)).toBe(15_999);
    expect(fitToCapacity(0, 10, 16)).toBe(0);
  });
});

describe('model configuration', () => {
  const dense = {
    num_hidden_layers: 2,
    hidden_size: 64,
    num_attention_heads: 4,
    vocab_size: 100,
    intermediate_size: 128,
    torch_dtype: 'bfloat16',
  };

  it('takes weight bytes from the quantization block, then from the name, then from the data type', () => {
    const bytes = (config: object, name: string) =>
      parseModelConfig({ ...dense, ...config }, name).architecture.weightBytes;
    expect(bytes({ quantization_config: { bits: '4' } }, 'x')).toBe(0.5);
    expect(bytes({ quantization_config: { quant_method: 'fp8' } }, 'x')).toBe(1);
    expect(bytes({}, 'org/model-w4a16')).toBe(0.5);
    expect(bytes({}, 'org/model-FP8')).toBe(1);
    expect(bytes({}, 'org/modelfp8')).toBe(2);
  });

  it('lays text_config over the top level', () => {
    const { architecture } = parseModelConfig({ torch_dtype: 'float32', text_config: dense }, 'x');
    expect(architecture).toMatchObject({ layers: 2, activationBytes: 2, kvHeads: 4 });
  });

  it.each([
    [{ ...dense, head_dim: -1 }, ['head_dim'], /≥ 0, got -1/],
    [{ ...dense, num_hidden_layers: 0 }, ['num_hidden_layers'], /> 0, got 0/],
    [{ ...dense, torch_dtype: 'fp12' }, ['torch_dtype'], /one of float32/],
    [{ ...dense, num_experts: 8, num_experts_per_tok: 9 }, ['num_experts_per_tok'], /8 experts, got 9/],
  ])('refuses nonsense by key: %#', (config, path, message) => {
    expect(() => parseModelConfig(config, 'x')).toThrow(
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    );
  });
});
