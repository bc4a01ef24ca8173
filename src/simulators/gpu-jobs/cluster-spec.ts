import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { MappingReader } from '../../document/document-reader.ts';
import { findGpu, GPUS, type GpuSpec } from './gpu-catalog.ts';
import { integerIn } from './read-values.ts';

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
export const NAMED_CLUSTERS: readonly string[] = [
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

/**
 * `h100_16gpu`, a mix by name, or `{ groups: [{ gpu: H100, count: 4 }] }`.
 * @throws InputError
 */
export function parseCluster(document: Json, path: readonly (string | number)[]): ClusterSpec {
  if (typeof document === 'string') return clusterByName(document, path);
  if (!isJsonObject(document)) {
    throw new InputError(`must be a cluster name or { groups: [...] }, got ${JSON.stringify(document)}`, { path });
  }
  const reader = new MappingReader(document, path, ['name', 'groups']);
  const groups = reader.items('groups', (item, at) => {
    const entry = new MappingReader(item, at, ['gpu', 'count']);
    if (!entry.has('gpu')) throw entry.fail('gpu', 'is required but missing', `known: ${gpuNames()}`);
    const gpu = findGpu(entry.text('gpu'), entry.at('gpu'));
    return { gpu, count: integerIn(entry, 'count', { fallback: 1, min: 1, max: MAX_GPUS }) };
  });
  if (groups.length === 0) throw reader.fail('groups', 'needs at least one group of GPUs');
  return { name: reader.text('name', 'custom'), groups };
}

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
    throw new InputError(`a cluster needs 1 to ${MAX_GPUS} GPUs, got ${match[2]}`, { path });
  }
  return { name, groups: [{ gpu: GPUS[gpu]!, count }] };
}

export function gpuCount(cluster: ClusterSpec): number {
  return cluster.groups.reduce((sum, group) => sum + group.count, 0);
}

/** Ids in cluster order: `H100-1` … */
export function gpuIds(cluster: ClusterSpec): readonly string[] {
  return cluster.groups.flatMap(({ gpu, count }) => Array.from({ length: count }, (_, i) => `${gpu.name}-${i + 1}`));
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function gpuNames(): string {
  return Object.keys(GPUS).join(', ');
}
