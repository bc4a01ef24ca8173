import { unknownName } from '../../base/errors.ts';

export interface GpuSpec {
  readonly name: string;
  /** GB (10^9 bytes). */
  readonly memoryGB: number;
  /** GB/s. */
  readonly bandwidthGBs: number;
  /** Dense FP16 TFLOP/s. */
  readonly tflops: number;
  /** Interconnect between GPUs of one instance, GB/s. */
  readonly linkGBs: number;
}

function gpu(name: string, memoryGB: number, bandwidthGBs: number, tflops: number, linkGBs: number): GpuSpec {
  return { name, memoryGB, bandwidthGBs, tflops, linkGBs };
}

/** Vendor data sheets; FLOP rates without structured sparsity (A100: 312 dense, 624 sparse). */
export const GPUS: Readonly<Record<string, GpuSpec>> = {
  H100: gpu('H100', 80, 3350, 989, 900),
  'H100-96GB': gpu('H100-96GB', 96, 3350, 989, 900),
  A100: gpu('A100', 80, 2039, 312, 600),
  'A100-40GB': gpu('A100-40GB', 40, 1555, 312, 600),
  A30: gpu('A30', 24, 933, 66, 300),
  L40: gpu('L40', 48, 864, 181, 32),
  L4: gpu('L4', 24, 300, 39, 32),
};

/** @throws InputError naming the known GPUs */
export function findGpu(name: string, path: readonly (string | number)[] = []): GpuSpec {
  const key = Object.keys(GPUS).find((known) => known.toLowerCase() === name.toLowerCase());
  if (key === undefined) throw unknownName('GPU', name, Object.keys(GPUS), { path });
  return GPUS[key]!;
}

/** `H100-96GB` → `H100`: throughput tables do not tell memory sizes apart. */
export function gpuFamily(name: string): string {
  const dash = name.indexOf('-');
  return dash < 0 ? name : name.slice(0, dash);
}

/** FLOP per byte at which a kernel turns from memory-bound to compute-bound. */
export function ridgePoint(spec: GpuSpec): number {
  return (spec.tflops * 1e12) / (spec.bandwidthGBs * 1e9);
}
