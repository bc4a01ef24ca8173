import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { parseJobsConfig } from '../../../src/simulators/gpu-jobs/config.ts';
import { findGpu, ridgePoint } from '../../../src/simulators/gpu-jobs/gpu-catalog.ts';
import { findModel, kvBytesPerToken, MODELS, weightsPerGpu } from '../../../src/simulators/gpu-jobs/model-catalog.ts';
import {
  batchEfficiency,
  createStepModel,
  type PerfConfig,
  rooflineStep,
  type StepLoad,
  tableThroughput,
} from '../../../src/simulators/gpu-jobs/step-model.ts';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';
import type { TokenTask } from '../../../src/simulators/gpu-jobs/token-task.ts';

const PEAK: Extract<PerfConfig, { kind: 'roofline' }> = {
  ...{ kind: 'roofline', mfu: 1, mbu: 1, overhead: 0, quant: 16 },
  attention: true,
};
const on = (gpu: string, model: string, tp: number) => ({ gpu: findGpu(gpu), model: findModel(model), tp });
const decode = (batch: number, context = 0): StepLoad => ({
  prefillTokens: 0,
  decodeBatch: batch,
  attended: batch * context,
  storedContext: batch * context,
});

describe('roofline', () => {
  it('ridge points: H100 295.2, A100 153.0 (308.0 with the sparse rate), FLOP per byte', () => {
    expect(ridgePoint(findGpu('H100'))).toBeCloseTo(295.2, 1);
    expect(ridgePoint(findGpu('A100'))).toBeCloseTo(153.0, 1);
    expect(ridgePoint({ ...findGpu('A100'), tflops: 628 })).toBeCloseTo(308.0, 1);
  });

  it('a decode step without context reads the weights once', () => {
    const ms = (model: string, tp: number) => rooflineStep(decode(1), on('H100', model, tp), PEAK).seconds * 1000;
    expect(ms('Llama3-8B', 1)).toBeCloseTo(4.776, 3);
    expect(ms('Llama3-70B', 1)).toBeCloseTo(41.79, 2);
    // Four GPUs: a quarter, and a few microseconds of all-reduce.
    expect(ms('Llama3-70B', 4)).toBeCloseTo(10.45, 2);
  });

  it('a prefill of 1000 tokens is compute-bound: 16.178 ms without attention, 4.815 ms of memory traffic', () => {
    const hardware = on('H100', 'Llama3-8B', 1);
    const load: StepLoad = { prefillTokens: 1000, decodeBatch: 0, attended: 0, storedContext: 0 };
    const step = rooflineStep(load, hardware, PEAK);
    expect(step.seconds * 1000).toBeCloseTo(16.178, 3);
    expect(step.bound).toBe('compute');
    expect((step.bytes / 3350e9) * 1000).toBeCloseTo(4.815, 3);
    expect(step.intensity).toBeCloseTo(step.flops / step.bytes, 12);
  });

  it('a decode batch turns compute-bound near the ridge point', () => {
    const bound = (batch: number) => rooflineStep(decode(batch), on('H100', 'Llama3-8B', 1), PEAK).bound;
    expect([bound(1), bound(290), bound(305)]).toEqual(['memory', 'memory', 'compute']);
  });

  it('a mixture of experts reads what its tokens activate, never more than all weights', () => {
    const bytes = (batch: number) => rooflineStep(decode(batch), on('H100', 'Qwen3', 2), PEAK).bytes;
    expect(bytes(1)).toBeCloseTo(3.3e9 * 2 + 98_304, -1);
    expect(bytes(64)).toBeCloseTo(30e9 * 2 + 64 * 98_304, -1);
  });

  it('attention can be left out: closed forms then hold exactly, whatever the context', () => {
    const perf = { ...PEAK, attention: false };
    const load: StepLoad = { prefillTokens: 1000, decodeBatch: 0, attended: 500_500, storedContext: 7 };
    const hardware = on('H100', 'Llama3-8B', 1);
    expect(rooflineStep(load, hardware, perf).seconds).toBeCloseTo((2 * 8e9 * 1000) / 989e12, 15);
    expect(rooflineStep(decode(1, 100_000), hardware, perf).seconds).toBeCloseTo(16e9 / 3350e9, 15);
    const tasks = [
      { id: 'a', model: 'Llama3-8B', memoryGB: 16, weight: 1, arrival: 0, prefillTokens: 1000, decodeTokens: 101 },
    ].map((task) => ({ ...task, tp: 1, prefix: null, prefixTokens: 0 }));
    const settings = { engine: 'token', cluster: 'h100_1gpu', perf, prefill_chunk: 1000 };
    const config = parseJobsConfig(settings as JsonObject, []);
    if (config.engine !== 'token') throw new RangeError('asked for the token engine');
    const [{ firstToken, completion }] = simulateTokens(config.token, tasks).tasks as [TokenTask];
    expect(firstToken * 1000).toBeCloseTo(16.178, 3);
    expect(completion - firstToken).toBeCloseTo((100 * 16e9) / 3350e9, 9);
  });

  it('eight-bit weights halve the bytes of a small decode step', () => {
    const hardware = on('H100', 'Llama3-8B', 1);
    const [full, half] = [PEAK, { ...PEAK, quant: 8 as const }].map(
      (perf) => rooflineStep(decode(1), hardware, perf).seconds,
    );
    expect(full! / half!).toBeCloseTo(2, 3);
  });
});

describe('throughput table', () => {
  it('scales with GPUs by the efficiency of the pair', () => {
    expect(tableThroughput(on('H100', 'Qwen3', 2), 1)).toEqual({ prefill: 4000 * 2 * 0.9, decode: 750 * 2 * 0.75 });
    expect(tableThroughput(on('A100', 'DeepSeek-R1', 8), 1).prefill).toBeCloseTo(312.5 * 8 * 0.95 ** 7, 9);
  });

  it('reaches its batch factor from two tasks on', () => {
    const hardware = on('H100', 'Qwen3', 1);
    const rates = [1, 2, 64].map((batch) => tableThroughput(hardware, batch).decode);
    expect(rates).toEqual([750, 2250, 2250]);
    const model = createStepModel({ kind: 'db' }, hardware);
    expect([1, 2, 64].map((batch) => batchEfficiency(model, batch))).toEqual([1, 3, expect.closeTo(3, 9)]);
  });

  it('falls back to the GPU for pairs that it lacks, whatever the memory size', () => {
    expect(tableThroughput(on('L4', 'Llama3-8B', 1), 1)).toEqual({ prefill: 150, decode: 25 * 1.5 });
    expect(tableThroughput(on('H100-96GB', 'Qwen3', 1), 1).prefill).toBe(4000);
    expect(tableThroughput(on('H100', 'Llama3-8B', 2), 16).decode).toBeCloseTo(150 * 2 * 0.85 * 2.5, 9);
  });
});

describe('fixed step times', () => {
  it('decode alone is free of batch size at eta 1 and linear at eta 0', () => {
    const gain = (eta: number) =>
      batchEfficiency(createStepModel({ kind: 'fixed', eta }, on('H100', 'Llama3-8B', 1)), 16);
    expect([gain(1), gain(0), gain(0.5)]).toEqual([expect.closeTo(16, 9), expect.closeTo(1, 9), expect.closeTo(4, 9)]);
  });
});

describe('model facts', () => {
  it('KV bytes per token', () => {
    const bytes = (name: string) => kvBytesPerToken(findModel(name).architecture);
    expect(['Llama3-8B', 'Llama3-70B', 'Qwen3', 'Mixtral-8x7B', 'DeepSeek-R1-32B', 'DeepSeek-R1'].map(bytes)).toEqual([
      131_072, 327_680, 98_304, 131_072, 262_144, 70_272,
    ]);
  });

  it('a degree missing from the memory table takes the recommended one', () => {
    expect(weightsPerGpu(findModel('GLM4.7'), 3)).toBe(89);
  });

  it('every model has its recommended degree in its table and range', () => {
    for (const { memoryPerGpu, minTp, maxTp, recommendedTp } of Object.values(MODELS)) {
      expect(memoryPerGpu[recommendedTp]).toBeGreaterThan(0);
      expect(recommendedTp >= minTp && recommendedTp <= maxTp).toBe(true);
    }
  });
});
