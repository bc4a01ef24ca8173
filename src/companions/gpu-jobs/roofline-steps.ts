import type { InstanceHardware, PerfConfig, StepLoad } from '../../simulators/gpu-jobs/step-model.ts';
import { rooflineStep } from '../../simulators/gpu-jobs/step-model.ts';

const DECODE_BATCHES = [1, 8, 32, 128, 256];

/** One prefill of `prompt` tokens, and decode steps of growing batches whose tasks hold `context` tokens each. */
export function rooflineSteps(
  hardware: InstanceHardware,
  perf: Extract<PerfConfig, { kind: 'roofline' }>,
  { prompt, context }: { readonly prompt: number; readonly context: number },
) {
  const prefill = { prefillTokens: prompt, decodeBatch: 0, attended: (prompt * (prompt + 1)) / 2, storedContext: 0 };
  const loads: readonly (readonly [string, StepLoad])[] = [
    [`prefill ${prompt}`, prefill],
    ...DECODE_BATCHES.map((batch) => [`decode ${batch}`, decodeLoad(batch, context)] as const),
  ];
  return loads.map(([step, load]) => {
    const { seconds, intensity, bound } = rooflineStep(load, hardware, perf);
    const tokens = load.prefillTokens + load.decodeBatch;
    return { step, ms: seconds * 1000, tokens_per_sec: tokens / seconds, intensity, bound };
  });
}

function decodeLoad(batch: number, context: number): StepLoad {
  return { prefillTokens: 0, decodeBatch: batch, attended: batch * (context + 1), storedContext: batch * context };
}
