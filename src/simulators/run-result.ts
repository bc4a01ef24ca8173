import { describeProblem, InputError } from '../base/errors.ts';
import type { SimulationResult } from './simulator.ts';

/**
 * What a run, or a part of one, comes to that may find out that its configuration or workload cannot be simulated. Any
 * other error is a fault, and goes on.
 */
export function resultOf<R>(run: () => R): R | Extract<SimulationResult, { kind: 'infeasible' }> {
  try {
    return run();
  } catch (error) {
    if (error instanceof InputError) return { kind: 'infeasible', reason: describeProblem(error) };
    throw error;
  }
}
