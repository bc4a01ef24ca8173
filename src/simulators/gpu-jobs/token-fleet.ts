import { kvCapacityBlocks } from './placement.ts';
import { createStepModel, type InstanceHardware } from './step-model.ts';
import type { TokenConfig } from './token-config.ts';
import { TokenInstance } from './token-instance.ts';
import { InstanceMemory } from './token-memory.ts';
import type { SchedulerFactory } from './token-scheduler.ts';
import { numberPrefixes, type TokenTask } from './token-task.ts';

/** One instance for each placement, all of which know all tasks. */
export function createInstances(
  config: TokenConfig,
  placed: readonly InstanceHardware[],
  { tasks, scheduler: factory }: { readonly tasks: TokenTask[]; readonly scheduler: SchedulerFactory },
): TokenInstance[] {
  const prefixes = numberPrefixes(tasks.map(({ task }) => task));
  return placed.map((hardware, index) => {
    const model = createStepModel(config.perf, hardware);
    const scheduler = factory({ tasks, model });
    const blocks = kvCapacityBlocks(config, hardware);
    const memory = new InstanceMemory(blocks, config.blockSize, config.prefixCache ? prefixes : null);
    return new TokenInstance(index, hardware, model, scheduler, memory, config);
  });
}

export function groupByModel(instances: readonly TokenInstance[]): ReadonlyMap<string, readonly TokenInstance[]> {
  const groups = new Map<string, TokenInstance[]>();
  for (const instance of instances) {
    const name = instance.hardware.model.name;
    groups.set(name, [...(groups.get(name) ?? []), instance]);
  }
  return groups;
}

/** The first of those with the fewest tokens to process. */
export function leastOutstanding(instances: readonly TokenInstance[]): TokenInstance {
  let best = instances[0]!;
  for (const instance of instances) if (instance.outstanding < best.outstanding) best = instance;
  return best;
}
