import { shortText } from '../../../base/short-text.ts';
import type { EngineResult } from '../engine-result.ts';

/** Requests that named a model which no instance serves; names count letter by letter, as in the reference. */
export function modelWarnings({ table, cluster }: EngineResult, served: string | undefined): readonly string[] {
  if (cluster.routingRejected === 0 || served === undefined) return [];
  const counts = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    const name = table.names.models[table.model[row]!] ?? '';
    if (name !== '' && name !== served) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(
    ([name, count]) =>
      `${count} requests name the model ${shortText(name)}, the instances serve ${shortText(served)}: no route for them`,
  );
}
