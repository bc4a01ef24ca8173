import { unknownName } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { isJsonObject } from '../../base/json.ts';
import { commandBackend } from '../../connect/evaluators/command-config.ts';
import { createCommandEvaluator } from '../../connect/evaluators/command-evaluator.ts';
import type { OutsideEvaluator, OutsideOptions } from '../../connect/evaluators/evaluator.ts';
import { httpBackend } from '../../connect/evaluators/http-config.ts';
import { createHttpEvaluator } from '../../connect/evaluators/http-evaluator.ts';
import { createSimulator, simulatorNames } from '../../simulators/registry.ts';
import type { Backend } from '../../simulators/simulator.ts';

/** A backend that measures outside this program. */
export interface OutsideBackend {
  readonly backend: Backend;
  readonly open: (options: OutsideOptions) => OutsideEvaluator;
  /** How many evaluations may run at once. */
  readonly concurrency: (config: Json) => number;
}

const OUTSIDE: Readonly<Record<string, OutsideBackend>> = {
  command: { backend: commandBackend, open: createCommandEvaluator, concurrency: statedConcurrency },
  http: { backend: httpBackend, open: createHttpEvaluator, concurrency: () => 1 },
};

function statedConcurrency(config: Json): number {
  const stated = isJsonObject(config) ? config['concurrency'] : undefined;
  return typeof stated === 'number' ? stated : 1;
}

/** The outside backend of that name; undefined for simulators and unknown names. */
export function outsideBackend(name: string): OutsideBackend | undefined {
  return Object.hasOwn(OUTSIDE, name) ? OUTSIDE[name] : undefined;
}

export function backendNames(): readonly string[] {
  return [...simulatorNames(), ...Object.keys(OUTSIDE)].sort();
}

/** What a strategy's `simulator` names: a simulator or an outside backend. @throws InputError naming all of them */
export async function createBackend(name: string): Promise<Backend> {
  const outside = outsideBackend(name)?.backend;
  if (outside !== undefined) return outside;
  if (simulatorNames().includes(name)) return await createSimulator(name);
  throw unknownName('simulator', name, backendNames(), { path: ['simulator'] });
}
