import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { generateWorkload } from '../../simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import { recordedWorkload } from '../../simulators/workload/recorded-workload.ts';
import type { RequestTable } from '../../simulators/workload/request-table.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { apart, gapsOf } from './fit-arrivals.ts';

/** Windows in which starts are counted, in mean gaps of the trace. */
const WINDOW_GAPS = 10;

/** How far one figure of the fitted workload is from that of the trace. */
export interface MarginalDistance {
  readonly name: string;
  readonly unit: string;
  readonly traceMean: number;
  readonly fitMean: number;
  /** Largest difference of the two distribution functions. */
  readonly ks: number;
  /** First Wasserstein distance over the mean of the trace. */
  readonly wasserstein: number;
}

export interface TraceDistance {
  readonly marginals: readonly MarginalDistance[];
  /** Share of the prompt tokens that repeat an earlier prompt. */
  readonly sharedByTrace: number;
  readonly sharedByFit: number;
}

/** Draws the fitted workload once, with as many requests as the trace has, and compares the two. */
export function traceDistance(rows: readonly TraceRow[], document: JsonObject): TraceDistance {
  const trace = recordedWorkload({ rows, mode: 'fixed', accumulate: false, rateFactor: 1 }, {}).initial;
  const fit = generateWorkload(parseWorkload(inOpenLoop(document)), { numRequests: rows.length }).initial;
  const compare = (name: string, unit: string, values: (table: RequestTable) => number[]): MarginalDistance =>
    marginal(name, unit, values(trace), values(fit));
  const windowUs = WINDOW_GAPS * meanGap(starts(trace));
  const hasSessions = rounds(trace).length > 0;
  return {
    marginals: [
      compare('gaps between starts', 'ms', (table) => gapsOf(apart(starts(table)).timesUs).map((us) => us / 1000)),
      compare('starts in a window', `of ${WINDOW_GAPS} mean gaps`, (table) => windowCounts(starts(table), windowUs)),
      compare('prompt tokens', 'tokens', (table) => [...table.inputTokens.subarray(0, table.length)]),
      compare('output tokens', 'tokens', (table) => [...table.outputTokens.subarray(0, table.length)]),
      ...(hasSessions ? [compare('rounds of a session', 'rounds', rounds)] : []),
    ],
    sharedByTrace: sharedShare(trace),
    sharedByFit: sharedShare(fit),
  };
}

/** Sessions laid out beforehand, so that all of their rounds can be looked at without a server. */
function inOpenLoop(document: JsonObject): JsonObject {
  const clients = (document['clients'] as readonly Json[]).map((client) =>
    isJsonObject(client) && client['closed_loop'] === true ? { ...client, closed_loop: false } : client,
  );
  return { ...document, clients };
}

function starts({ arrivalUs, round, length }: RequestTable): number[] {
  return [...arrivalUs.subarray(0, length)].filter((_, row) => round[row] === 0);
}

/** Starts in windows one after the other: bursts show here that single gaps do not. */
function windowCounts(timesUs: readonly number[], windowUs: number): number[] {
  const first = timesUs[0] ?? 0;
  const counts = new Array<number>(Math.max(1, Math.floor(((timesUs.at(-1) ?? 0) - first) / windowUs))).fill(0);
  for (const us of timesUs) {
    const window = Math.floor((us - first) / windowUs);
    if (window < counts.length) counts[window]!++;
  }
  return counts;
}

function meanGap(timesUs: readonly number[]): number {
  return Math.max(1, ((timesUs.at(-1) ?? 0) - (timesUs[0] ?? 0)) / Math.max(1, timesUs.length - 1));
}

/** Of sessions with two rounds or more. */
function rounds({ session, length }: RequestTable): number[] {
  const counts = new Map<number, number>();
  for (let row = 0; row < length; row++) {
    if (session[row]! >= 0) counts.set(session[row]!, (counts.get(session[row]!) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count > 1);
}

function sharedShare(table: RequestTable): number {
  const seen = new Set<number>();
  let [shared, total] = [0, 0];
  for (let row = 0; row < table.length; row++) {
    total += table.inputTokens[row]!;
    const group = table.group[row]!;
    const fromGroup = group >= 0 && seen.has(group) ? table.groupTokens[row]! : 0;
    const fromParent = table.parent[row]! >= 0 ? table.inheritedTokens[row]! : 0;
    shared += Math.max(fromGroup, fromParent);
    if (group >= 0) seen.add(group);
  }
  return total === 0 ? 0 : shared / total;
}

function marginal(name: string, unit: string, trace: readonly number[], fit: readonly number[]): MarginalDistance {
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const traceMean = mean(trace);
  const { ks, area } = distances(trace, fit);
  return { name, unit, traceMean, fitMean: mean(fit), ks, wasserstein: traceMean === 0 ? 0 : area / traceMean };
}

/** Largest difference of two empirical distribution functions, and the area between them. */
export function distances(a: readonly number[], b: readonly number[]): { readonly ks: number; readonly area: number } {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  if (x.length === 0 || y.length === 0) return { ks: x.length === y.length ? 0 : 1, area: 0 };
  let [i, j, ks, area] = [0, 0, 0, 0];
  let at = Math.min(x[0]!, y[0]!);
  while (i < x.length || j < y.length) {
    while (x[i] === at) i++;
    while (y[j] === at) j++;
    const gap = Math.abs(i / x.length - j / y.length);
    ks = Math.max(ks, gap);
    const next = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) break;
    area += gap * (next - at);
    at = next;
  }
  return { ks, area };
}
