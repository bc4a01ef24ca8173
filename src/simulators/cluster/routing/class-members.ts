import type { ClassPool } from '../engine-config.ts';

/** Instances that may serve each SLO class of a table, by its number; null = any. A request without a class is `default`. */
export function classMembers(
  pools: readonly ClassPool[],
  classNames: readonly string[],
): readonly (Int32Array | null)[] {
  return classNames.map((name) => {
    const pool = pools.find(({ sloClass }) => sloClass === (name || 'default'));
    return pool === undefined ? null : Int32Array.from({ length: pool.count }, (_, k) => pool.from + k);
  });
}
