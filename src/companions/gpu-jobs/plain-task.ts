import { findModel } from '../../simulators/gpu-jobs/model-catalog.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';

interface PlainTask {
  readonly id: string;
  readonly model: string;
  readonly tp: number;
  /** Seconds. */
  readonly arrival: number;
  readonly prompt: number;
  readonly output: number;
}

/** A request of weight 1 that shares no prefix. */
export function plainTask({ id, model, tp, arrival, prompt, output }: PlainTask): Task {
  return {
    id,
    model,
    memoryGB: 2 * findModel(model).parametersBillions,
    weight: 1,
    arrival,
    prefillTokens: prompt,
    decodeTokens: output,
    tp,
    prefix: null,
    prefixTokens: 0,
  };
}
