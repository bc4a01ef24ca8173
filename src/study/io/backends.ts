import { unknownName } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { isJsonObject } from '../../base/json.ts';
import type { OutsideEvaluator, OutsideOptions } from '../../connect/evaluators/evaluator.ts';
import { createSimulator, simulatorNames } from '../../simulators/registry.ts';
import type { Backend } from '../../simulators/simulator.ts';

/** A backend that measures outside this program. */
export interface OutsideBackend {
  readonly backend: Backend;
  readonly open: (options: OutsideOptions) => OutsideEvaluator;
  /** How many evaluations may run at once. */
  readonly concurrency: (config: Json) => number;
}

/** Each is loaded when it is asked for: most studies are simulated. */
const OUTSIDE: Readonly<Record<string, () => Promise<OutsideBackend>>> = {
  command: async () => {
    const [{ commandBackend }, { createCommandEvaluator }] = await Promise.all([
      import('../../connect/evaluators/command-config.ts'),
      import('../../connect/evaluators/command-evaluator.ts'),
    ]);
    return { backend: commandBackend, open: createCommandEvaluator, concurrency: statedConcurrency };
  },
  http: async () => {
    const [{ httpBackend }, { createHttpEvaluator }] = await Promise.all([
      import('../../connect/evaluators/http-config.ts'),
      import('../../connect/evaluators/http-evaluator.ts'),
    ]);
    return { backend: httpBackend, open: createHttpEvaluator, concurrency: () => 1 };
  },
};

function statedConcurrency(config: Json): number {
  const stated = isJsonObject(config) ? config['concurrency'] : undefined;
  return typeof stated === 'number' ? stated : 1;
}

/** The outside backend of that name; undefined for simulators and unknown names. */
export async function outsideBackend(name: string): Promise<OutsideBackend | undefined> {
  return Object.hasOwn(OUTSIDE, name) ? await OUTSIDE[name]!() : undefined;
}

export function backendNames(): readonly string[] {
  return [...simulatorNames(), ...Object.keys(OUTSIDE)].sort();
}

/** What a strategy's `simulator` names: a simulator or an outside backend. @throws InputError naming all of them */
export async function createBackend(name: string): Promise<Backend> {
  const outside = await outsideBackend(name);
  if (outside !== undefined) return outside.backend;
  if (simulatorNames().includes(name)) return await createSimulator(name);
  throw unknownName('simulator', name, backendNames(), { path: ['simulator'] });
}
