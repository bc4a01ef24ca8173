import type { Replicate, Trial } from '../../src/study/trial.ts';

/** Values of each metric over seeds 1, 2, … */
export type Columns = Readonly<Record<string, readonly number[]>>;

export function replicatesOf(columns: Columns): Replicate[] {
  const count = Math.max(0, ...Object.values(columns).map((values) => values.length));
  return Array.from({ length: count }, (_, index) => ({
    seed: index + 1,
    metrics: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index]!])),
  }));
}

/** A trial that was measured on all seeds. */
export function observed(number: number, columns: Columns, more: Partial<Trial> = {}): Trial {
  return {
    number,
    origin: 'sampler',
    seen: 0,
    values: { x: number / 10, y: 0 },
    validation: null,
    outcome: { kind: 'observed', replicates: replicatesOf(columns) },
    ...more,
  };
}
