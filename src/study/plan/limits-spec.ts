import { z } from 'zod';
import { DEFAULT_LIMITS, type EvaluationLimits } from '../evaluation-limits.ts';

/** The least memory that a simulation and the program around it run in. */
const LEAST_MIB = 64;

export const limitsBlock = z.strictObject({
  /** Seconds for one vector and seed (default 3600). */
  evaluation_s: z.number().gt(0).max(1_000_000).optional(),
  /** MiB for one vector and seed (default 4096). */
  memory_mib: z.int().min(LEAST_MIB).max(1_048_576).optional(),
});

/** Absent where the study says nothing: plans stay as they are. */
export function resolveLimits(block: z.infer<typeof limitsBlock> | undefined): { readonly limits?: EvaluationLimits } {
  if (block === undefined) return {};
  const { evaluation_s: seconds = DEFAULT_LIMITS.seconds, memory_mib: memoryMib = DEFAULT_LIMITS.memoryMib } = block;
  return { limits: { seconds, memoryMib } };
}
