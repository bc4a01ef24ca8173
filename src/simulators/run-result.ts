import { describeProblem, InputError } from '../base/errors.ts';
import type { SimulationResult } from './simulator.ts';

/**
 * The result of a run that may find out that its configuration or workload cannot be simulated. Any other error is a
 * fault, and goes on.
 */
export function resultOf(run: () => SimulationResult): SimulationResult {
  try {
    return run();
  } catch (error) {
    if (error instanceof InputError) return { kind: 'infeasible', reason: describeProblem(error) };
    throw error;
  }
}
