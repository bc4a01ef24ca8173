import { DEFAULT_MEMORY_MIB, DEFAULT_SECONDS } from '../simulators/run-bounds.ts';

/** What one evaluation (a vector, a seed) may take before it is ended as failed. */
export interface EvaluationLimits {
  readonly seconds: number;
  /** Of objects and buffers of its own; the program itself not counted. */
  readonly memoryMib: number;
}

/** Generous: only what would never end, or bring the machine down, is meant. */
export const DEFAULT_LIMITS: EvaluationLimits = { seconds: DEFAULT_SECONDS, memoryMib: DEFAULT_MEMORY_MIB };

/** Reasons of trials that a limit has ended, with the key that raises it. */
export const limitReasons = {
  time: ({ seconds }: EvaluationLimits) => `took longer than ${seconds} s (raise \`limits.evaluation_s\`)`,
  memory: ({ memoryMib }: EvaluationLimits) => `needed more than ${memoryMib} MiB (raise \`limits.memory_mib\`)`,
} as const;
