import type { JsonObject } from '../base/json.ts';
import { parseYaml, placed } from '../document/yaml.ts';
import { parseWorkloadDocument } from '../simulators/workload/workload-document.ts';
import { documentFile } from '../study/io/package-file.ts';
import { withWorkloadData } from '../study/io/workload-data.ts';
import { readYamlFile } from '../study/io/yaml-file.ts';

/** A workload document (`clients`, `aggregate_rate`, …) that was checked. */
export type WorkloadDocument = JsonObject;

/**
 * Reads and checks a workload of requests, in YAML or JSON.
 *
 * @example
 * ```ts
 * const workload = readWorkload('workload.yaml');
 * const shipped = readWorkload('studies/workloads/orthogonal-slo.yaml');
 * const inline = readWorkload({ text: 'aggregate_rate: 10\nnum_requests: 100\nclients: […]' });
 * ```
 * @param source - a file (of clients, or the header of a trace), one that ships with paretune, or a text
 * @throws InputError with file, line and column
 */
export function readWorkload(source: string | { readonly text: string }): WorkloadDocument {
  const document =
    typeof source === 'string'
      ? withWorkloadData(readYamlFile(documentFile(source))).source
      : parseYaml(source.text, 'workload');
  placed(document, 0, () => parseWorkloadDocument(document.value));
  return document.value as WorkloadDocument;
}
