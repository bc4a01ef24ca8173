import { fitJson, fitText } from '../../connect/fit/fit-text.ts';
import { fitWorkload } from '../../connect/fit/fit-workload.ts';
import { traceDistance } from '../../connect/fit/trace-distance.ts';
import { formatYaml } from '../../document/yaml.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import type { TracePair } from './trace-files.ts';

/** More requests than this say no more of a workload. */
export const MOST_FITTED = 200_000;

/** The first requests of a trace. */
export class FirstRows {
  readonly #most: number;
  readonly rows: TraceRow[] = [];
  /** Of all requests. */
  count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(row: TraceRow): void {
    this.count++;
    if (this.rows.length < this.#most) this.rows.push(row);
  }
}

export interface WrittenFit {
  readonly file: string;
  readonly text: readonly string[];
  readonly json: ReturnType<typeof fitJson>;
}

/** Fits a workload and writes it beside the trace. */
export function writeFit({ rows, count }: FirstRows, { header }: TracePair): WrittenFit {
  const file = header.replace(/trace\.yaml$|\.yaml$/, (end) =>
    end === 'trace.yaml' ? 'workload.yaml' : '.workload.yaml',
  );
  const fit = fitWorkload(rows);
  const partial =
    count > rows.length
      ? [
          `the workload is fitted to the first ${rows.length} of ${count} requests; --from, --to and --sample choose others`,
        ]
      : [];
  const told = { ...fit, notes: [...partial, ...fit.notes] };
  const distance = traceDistance(rows, fit.document);
  const text = fitText(told, distance);
  writeTextFile(file, `${text.map((line) => `# ${line}`).join('\n')}\n${formatYaml(fit.document)}`);
  return { file, text, json: fitJson(told, distance) };
}
