import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { WorkloadSpec } from './workload-spec.ts';

/** A workload document and what it says. */
export interface WorkloadSource {
  readonly name: string;
  readonly document: JsonObject;
  readonly spec: WorkloadSpec;
  /** What was said when it was read. */
  readonly warnings: readonly string[];
}

/** What does not survive the merge, as in the reference: only clients, rate and category do. */
const LEFT_OUT = ['seed', 'num_requests', 'horizon', 'cohorts', 'goodput_slo_targets', 'inference_perf'];

/**
 * One workload with the clients of all: rates add up, and each client's fraction is multiplied by the share of its
 * document in the total. So clients keep their requests/s where the fractions of every document sum to 1.
 * @throws InputError where the rates have no finite sum
 */
export function composeWorkloads(sources: readonly WorkloadSource[]): {
  readonly document: JsonObject;
  readonly warnings: readonly string[];
} {
  const total = sources.reduce((sum, { spec }) => sum + spec.aggregateRate, 0);
  if (!Number.isFinite(total)) throw new InputError(`the aggregate rates must have a finite sum, got ${total}`);
  const clients = sources.flatMap((source) => clientsOf(source, total));
  const warnings = sources.flatMap(({ name, document, spec, warnings: earlier }) => [
    ...[...spec.warnings, ...earlier].map((warning) => `${name}: ${warning}`),
    ...LEFT_OUT.filter((key) => document[key] !== undefined && document[key] !== null).map(
      (key) => `${name}: ${key} is left out`,
    ),
  ]);
  const category = sources[0]?.document['category'];
  return {
    document: {
      version: '2',
      ...(category === undefined || category === null || category === '' ? {} : { category }),
      aggregate_rate: total,
      clients,
    },
    warnings,
  };
}

function clientsOf({ document, spec }: WorkloadSource, total: number): JsonObject[] {
  const clients = (document['clients'] ?? []) as readonly JsonObject[];
  return clients.map((client, index) => {
    const { sloClass, rateFraction } = spec.clients[index]!;
    const scaled: Record<string, Json> = { ...client };
    // Names of version 1 mean nothing in version 2.
    if (sloClass !== '') scaled['slo_class'] = sloClass;
    if (total > 0 && rateFraction > 0) scaled['rate_fraction'] = rateFraction * (spec.aggregateRate / total);
    return scaled;
  });
}
