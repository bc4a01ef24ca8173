import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type ClusterSpec, type GpuGroup, gpuCount } from './cluster-spec.ts';
import type { GpuSpec } from './gpu-catalog.ts';
import { findModel, kvBytesPerToken, type ModelSpec, weightsPerGpu } from './model-catalog.ts';
import type { InstanceHardware, PerfConfig } from './step-model.ts';
import { type Task, taskFlops } from './task.ts';
import type { PlacementEntry, TokenConfig } from './token-config.ts';

/**
 * Serving instances for the models of a workload: the list given, or for `auto` as many as fit (one model), or GPUs
 * shared out by offered FLOPs with at least one instance per model.
 * @throws InputError when a model gets no instance or its weights do not fit
 */
export function placeInstances(
  cluster: ClusterSpec,
  placement: TokenConfig['placement'],
  tasks: readonly Task[],
): InstanceHardware[] {
  const free = cluster.groups.map((group) => ({ ...group }));
  const instances: InstanceHardware[] = [];
  if (placement === 'auto') placeAutomatically(free, cluster, tasks, instances);
  else for (const [index, entry] of placement.entries()) placeEntry(free, cluster, entry, index, instances);
  const homeless = tasks.find((task) => !instances.some(({ model }) => model.name === task.model));
  if (homeless !== undefined) {
    throw new InputError(`no instance serves model ${shortText(homeless.model)} of task ${homeless.id}`, {
      path: ['placement'],
      suggestion: 'add it to the placement',
    });
  }
  return instances;
}

type FreeGroup = { -readonly [K in keyof GpuGroup]: GpuGroup[K] };

function placeEntry(
  free: FreeGroup[],
  cluster: ClusterSpec,
  entry: PlacementEntry,
  index: number,
  instances: InstanceHardware[],
): void {
  const model = findModel(entry.model);
  const tp = entry.tp ?? model.recommendedTp;
  for (let i = 0; i < entry.count; i++) {
    const gpu = claim(free, tp, weightsPerGpu(model, tp), entry.gpu);
    if (gpu === undefined)
      throw noRoom(cluster, model, tp, ['placement', index], `instance ${i + 1} of ${entry.count}`);
    instances.push({ gpu, tp, model });
  }
}

function placeAutomatically(
  free: FreeGroup[],
  cluster: ClusterSpec,
  tasks: readonly Task[],
  instances: InstanceHardware[],
): void {
  const demands = offeredFlops(tasks);
  const total = demands.reduce((sum, { flops }) => sum + flops, 0);
  const held = demands.map(() => 0);
  const place = (index: number): boolean => {
    const { model, tp } = demands[index]!;
    const gpu = claim(free, tp, weightsPerGpu(model, tp), null);
    if (gpu === undefined) return false;
    instances.push({ gpu, tp, model });
    held[index]! += tp;
    return true;
  };
  for (const [index, { model, tp }] of demands.entries()) {
    if (!place(index)) throw noRoom(cluster, model, tp, ['cluster'], 'the first instance');
  }
  const share = (index: number): number => (total === 0 ? 1 / demands.length : demands[index]!.flops / total);
  const open = new Set(demands.keys());
  while (open.size > 0) {
    const behind = [...open].sort(
      (a, b) => share(b) * gpuCount(cluster) - held[b]! - (share(a) * gpuCount(cluster) - held[a]!) || a - b,
    )[0]!;
    if (!place(behind)) open.delete(behind);
  }
}

interface Demand {
  readonly model: ModelSpec;
  readonly tp: number;
  readonly flops: number;
}

/** Per model in order of first task: FLOPs asked for, and the tasks' common tensor parallelism or the recommended. */
function offeredFlops(tasks: readonly Task[]): Demand[] {
  return [...new Set(tasks.map(({ model }) => model))].map((name) => {
    const own = tasks.filter((task) => task.model === name);
    const model = findModel(name);
    const common = own.every(({ tp }) => tp === own[0]!.tp) ? own[0]!.tp : model.recommendedTp;
    return { model, tp: common, flops: own.reduce((sum, task) => sum + taskFlops(task, model), 0) };
  });
}

/** Takes `tp` GPUs of one type that have the memory; first group in cluster order. */
function claim(free: FreeGroup[], tp: number, perGpuGB: number, wanted: string | null): GpuSpec | undefined {
  const group = free.find(
    ({ gpu, count }) => count >= tp && gpu.memoryGB >= perGpuGB && (wanted === null || gpu.name === wanted),
  );
  if (group === undefined) return undefined;
  group.count -= tp;
  return group.gpu;
}

function noRoom(cluster: ClusterSpec, model: ModelSpec, tp: number, path: (string | number)[], which: string) {
  const largest = Math.max(...cluster.groups.map(({ gpu }) => gpu.memoryGB));
  const need = weightsPerGpu(model, tp);
  const cause =
    need > largest
      ? `${model.name} at TP ${tp} needs ${need} GB per GPU, the largest GPU of ${cluster.name} has ${largest} GB`
      : `${cluster.name} has no ${tp} free GPUs of one type with ${need} GB for ${which} of ${model.name}`;
  return new InputError(cause, { path, suggestion: 'use fewer instances, another tensor parallelism or more GPUs' });
}

/** KV blocks that fit beside the weights; 0 or less when there is no room. */
export function kvCapacityBlocks(config: TokenConfig, hardware: InstanceHardware): number {
  if (config.kvBlocks !== null) return config.kvBlocks;
  const perGpuGB = hardware.gpu.memoryGB * config.memoryUtilization - weightsOnGpu(config.perf, hardware);
  const perBlock = kvTokenBytes(config, hardware.model) * config.blockSize;
  return Math.floor((hardware.tp * perGpuGB * 1e9) / perBlock);
}

export function kvTokenBytes(config: TokenConfig, model: ModelSpec): number {
  const { architecture } = model;
  return config.kvFormula === 'layers' ? kvBytesPerToken(architecture) : 2 * architecture.hidden * 2;
}

/** Eight-bit weights need at most one byte per parameter. */
function weightsOnGpu(perf: PerfConfig, { model, tp }: InstanceHardware): number {
  const table = weightsPerGpu(model, tp);
  return perf.kind === 'roofline' && perf.quant === 8 ? Math.min(table, model.parametersBillions / tp) : table;
}

/** @returns why the configuration cannot run, or null */
export function memoryProblem(config: TokenConfig, instances: readonly InstanceHardware[]): string | null {
  for (const hardware of instances) {
    if (kvCapacityBlocks(config, hardware) >= 1) continue;
    const { gpu, model, tp } = hardware;
    return (
      `no KV memory left: ${model.name} at TP ${tp} on ${gpu.name} (${gpu.memoryGB} GB) ` +
      `with gpu_memory_utilization ${config.memoryUtilization}`
    );
  }
  return null;
}
