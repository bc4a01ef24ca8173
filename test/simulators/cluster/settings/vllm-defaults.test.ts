import { expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';

const limits = (config: JsonObject) => {
  const resolved = resolveStrategyConfig({ model: 'meta-llama/llama-3.1-8b-instruct', tp: 2, ...config });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const { maxSeqs, maxBatchedTokens } = resolved.config.instance;
  return [maxSeqs, maxBatchedTokens];
};

it('limits of a batch are the reference’s unless vLLM’s are asked for, which go by GPU', () => {
  const vllm = { engine_defaults: 'vllm' };
  expect(limits({ hardware: 'H100' })).toEqual([256, 2048]);
  expect(limits({ hardware: 'H100', ...vllm })).toEqual([1024, 8192]);
  expect(limits({ hardware: 'A100-80', ...vllm })).toEqual([256, 2048]);
  expect(limits({ hardware: 'L40S', ...vllm })).toEqual([256, 2048]);
  expect(limits({ hardware: 'H100', max_num_seqs: 300, ...vllm })).toEqual([300, 8192]);
  expect(() => limits({ hardware: 'H100', engine_defaults: 'sglang' })).toThrow(/must be blis or vllm/);
});
