import { z } from 'zod';
import { InputError, unknownName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { readBy } from '../../document/schema-parts.ts';
import { findGpu, GPUS, type GpuSpec } from './gpu-catalog.ts';
import { orDefault, text, whole } from './written-values.ts';

/** GPUs of one type, numbered from 1 (`H100-1`, `H100-2`, …). */
export interface GpuGroup {
  readonly gpu: GpuSpec;
  readonly count: number;
}

export interface ClusterSpec {
  readonly name: string;
  readonly groups: readonly GpuGroup[];
}

const MIXES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  mixed_8gpu: [
    ['H100', 4],
    ['A100', 2],
    ['A30', 2],
  ],
  mixed_32gpu: [
    ['H100', 16],
    ['A100', 12],
    ['A30', 4],
  ],
};

/** Clusters listed in help texts; any `<gpu>_<n>gpu` works. */
const NAMED_CLUSTERS: readonly string[] = [
  'h100_8gpu',
  'h100_16gpu',
  'h100_32gpu',
  'h100_64gpu',
  'a100_8gpu',
  'a100_16gpu',
  'mixed_8gpu',
  'mixed_32gpu',
];

const MAX_GPUS = 65_536;

/** A GPU type by name, in any case. */
export const gpuName = z
  .string()
  .meta({ examples: Object.keys(GPUS) })
  .transform(readBy((name) => findGpu(name)));

/** `h100_16gpu`, a mix by name, or `{ groups: [{ gpu: H100, count: 4 }] }`. */
export const clusterSchema = z.union([
  z
    .string()
    .meta({ examples: [...NAMED_CLUSTERS] })
    .transform(readBy((name) => clusterByName(name))),
  z
    .strictObject({
      name: orDefault(text, 'custom'),
      groups: z.array(z.strictObject({ gpu: gpuName, count: orDefault(whole({ min: 1, max: MAX_GPUS }), 1) })).min(1),
    })
    .transform(({ name, groups }): ClusterSpec => ({ name, groups })),
]);

/** @throws InputError naming the known clusters */
export function clusterByName(name: string, path: readonly (string | number)[] = []): ClusterSpec {
  const mix = Object.hasOwn(MIXES, name) ? MIXES[name] : undefined;
  if (mix !== undefined) return { name, groups: mix.map(([gpu, count]) => ({ gpu: GPUS[gpu]!, count })) };
  const match = /^([a-z0-9-]+?)_(\d+)gpu$/i.exec(name);
  const gpu = match === null ? undefined : Object.keys(GPUS).find((key) => sameName(key, match[1]!));
  if (match === null || gpu === undefined) {
    const error = unknownName('cluster', name, NAMED_CLUSTERS, { path });
    throw new InputError(error.message, { path, suggestion: `${error.suggestion}, or <gpu>_<n>gpu of ${gpuNames()}` });
  }
  const count = Number(match[2]);
  if (count < 1 || count > MAX_GPUS) {
    throw new InputError(`a cluster needs 1 to ${MAX_GPUS} GPUs, got ${shortText(match[2])}`, { path });
  }
  return { name, groups: [{ gpu: GPUS[gpu]!, count }] };
}

export function gpuCount(cluster: ClusterSpec): number {
  return cluster.groups.reduce((sum, group) => sum + group.count, 0);
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function gpuNames(): string {
  return Object.keys(GPUS).join(', ');
}
