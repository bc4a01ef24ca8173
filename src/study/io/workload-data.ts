import type { YamlSource } from '../../document/yaml.ts';
import { type ServegenReading, withServegenData } from './servegen-files.ts';
import { withTraceData } from './trace-data.ts';

/** A workload file with all that it names: ServeGen data as cohorts, traces as rows. A recorded study does without both. */
export function withWorkloadData(
  source: YamlSource,
  reading: ServegenReading = {},
): { readonly source: YamlSource; readonly notes: readonly string[] } {
  return withServegenData(withTraceData(source, reading.from), reading);
}
