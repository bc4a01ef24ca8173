import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import type { Dropped } from './trace-request.ts';

/** What an import read, kept and left out. */
export interface ImportReport {
  readonly file: string;
  readonly format: string;
  readonly title: string;
  readonly requests: number;
  readonly dropped: readonly Dropped[];
  readonly notes: readonly string[];
  /** Of the trace, after the rate factor. */
  readonly durationS: number;
  readonly requestsPerSecond: number;
  readonly rateFactor: number;
  /** When the first request of the file came, ISO 8601; null where times are not dates. */
  readonly firstAt: string | null;
  readonly inputTokens: Amount;
  readonly outputTokens: Amount;
  readonly sessions: number;
  /** Prompt tokens that repeat the round before, or a common text. */
  readonly repeatedTokens: number;
  readonly withHashIds: number;
  /** Tokens for which one id stands; 0 without ids. */
  readonly hashBlockTokens: number;
  /** Requests that come at the same µs as the one before. */
  readonly simultaneous: number;
  readonly withTtft: number;
  readonly withE2e: number;
}

export interface Amount {
  readonly total: number;
  readonly mean: number;
  readonly max: number;
}

type Source = Pick<
  ImportReport,
  'file' | 'format' | 'title' | 'dropped' | 'notes' | 'sessions' | 'rateFactor' | 'firstAt'
>;

/** Sums over the rows of a trace. */
export class TraceTotals {
  #requests = 0;
  #lastUs = 0;
  #simultaneous = 0;
  readonly #input = { total: 0, max: 0 };
  readonly #output = { total: 0, max: 0 };
  #repeated = 0;
  #withHashIds = 0;
  #blockTokens = 0;
  #withTtft = 0;
  #withE2e = 0;

  add(row: TraceRow): void {
    if (this.#requests > 0 && row.arrivalTimeUs === this.#lastUs) this.#simultaneous++;
    this.#requests++;
    this.#lastUs = row.arrivalTimeUs;
    const input = row.inputTokens + row.prefixLength;
    this.#input.total += input;
    this.#input.max = Math.max(this.#input.max, input);
    this.#output.total += row.outputTokens;
    this.#output.max = Math.max(this.#output.max, row.outputTokens);
    this.#repeated += row.repeatedTokens ?? 0;
    if (row.hashIds) this.#withHashIds++;
    this.#blockTokens = Math.max(this.#blockTokens, row.hashBlockTokens ?? 0);
    if (row.firstChunkTimeUs > 0) this.#withTtft++;
    if (row.lastChunkTimeUs > 0) this.#withE2e++;
  }

  report(source: Source): ImportReport {
    const durationS = this.#lastUs / 1e6;
    const mean = (total: number): number => (this.#requests === 0 ? 0 : total / this.#requests);
    return {
      ...source,
      requests: this.#requests,
      durationS,
      requestsPerSecond: durationS > 0 ? (this.#requests - 1) / durationS : 0,
      inputTokens: { ...this.#input, mean: mean(this.#input.total) },
      outputTokens: { ...this.#output, mean: mean(this.#output.total) },
      repeatedTokens: this.#repeated,
      withHashIds: this.#withHashIds,
      hashBlockTokens: this.#blockTokens,
      simultaneous: this.#simultaneous,
      withTtft: this.#withTtft,
      withE2e: this.#withE2e,
    };
  }
}

/** The report as lines for people. */
export function importText(report: ImportReport): readonly string[] {
  const { inputTokens, outputTokens } = report;
  const since = report.firstAt === null ? '' : `, first at ${report.firstAt}`;
  const factor = report.rateFactor === 1 ? '' : ` (rate factor ${report.rateFactor})`;
  return [
    `${report.title}: ${report.requests} requests in ${rounded(report.durationS)} s, ${rounded(report.requestsPerSecond)} per second${factor}${since}`,
    `prompts: mean ${rounded(inputTokens.mean)}, longest ${inputTokens.max} tokens; answers: mean ${rounded(outputTokens.mean)}, longest ${outputTokens.max}`,
    ...contentLines(report),
    ...(report.simultaneous === 0
      ? []
      : [`${report.simultaneous} requests come at the same moment as the one before; --spread moves them apart`]),
    ...report.dropped.map(droppedLine),
    ...report.notes.map((note) => `note: ${note}`),
  ];
}

function contentLines(report: ImportReport): readonly string[] {
  const share = (100 * report.repeatedTokens) / Math.max(1, report.inputTokens.total);
  return [
    ...(report.sessions > 0 ? [`sessions: ${report.sessions}; ${rounded(share)} % of the prompt tokens repeat`] : []),
    ...(report.withHashIds > 0
      ? [`prefixes: hash ids of ${report.hashBlockTokens} tokens for ${report.withHashIds} requests`]
      : []),
    ...(report.withTtft + report.withE2e > 0
      ? [`measured: TTFT of ${report.withTtft} and E2E of ${report.withE2e} requests`]
      : []),
  ];
}

function droppedLine({ reason, count, firstLine, example }: Dropped): string {
  const place = firstLine > 0 ? `, first in line ${firstLine}` : '';
  return `left out: ${count} × ${reason}${place}${example === '' ? '' : ` (${example})`}`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** The report as JSON, in the words of files. */
export function importJson(report: ImportReport) {
  const amount = ({ total, mean, max }: Amount) => ({ total, mean, max });
  return {
    file: report.file,
    format: report.format,
    requests: report.requests,
    duration_s: report.durationS,
    requests_per_second: report.requestsPerSecond,
    rate_factor: report.rateFactor,
    first_at: report.firstAt,
    input_tokens: amount(report.inputTokens),
    output_tokens: amount(report.outputTokens),
    sessions: report.sessions,
    repeated_tokens: report.repeatedTokens,
    requests_with_hash_ids: report.withHashIds,
    hash_block_tokens: report.hashBlockTokens,
    simultaneous: report.simultaneous,
    measured: { ttft: report.withTtft, e2e: report.withE2e },
    dropped: report.dropped.map(({ reason, count, firstLine, example }) => ({
      reason,
      count,
      first_line: firstLine === 0 ? null : firstLine,
      example: example === '' ? null : example,
    })),
    notes: report.notes,
  };
}
