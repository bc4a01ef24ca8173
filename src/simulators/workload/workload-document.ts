import { within } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { parseWorkload, workloadForm } from './parse-workload.ts';
import { isTraceWorkload, parseTraceWorkload, traceForm } from './trace-workload.ts';
import type { WorkloadSpec } from './workload-spec.ts';

/** A workload document: clients who send requests, or a recorded trace. */
export const workloadSchema: JsonObject = {
  if: { required: ['trace'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: traceForm.schema,
  else: workloadForm.schema,
};

/** @throws InputError as `parseWorkload` */
export function parseWorkloadDocument(value: unknown, path: readonly (string | number)[] = []): WorkloadSpec {
  return isTraceWorkload(value) ? within(path, () => parseTraceWorkload(value)) : parseWorkload(value, path);
}
