import { readTraceRows } from '../workload/trace-csv.ts';
import type { TraceRow } from '../workload/trace-row.ts';
import { findModel } from './model-catalog.ts';
import type { Task } from './task.ts';

/** Serves requests where nobody says which model does. */
export const DEFAULT_TRACE_MODEL = 'Qwen3';

export interface TraceTaskOptions {
  /** Serves all requests. */
  readonly model: string;
  /** 2 replays twice as fast. */
  readonly speed: number;
}

/** What a study's document holds of a trace. */
export interface RecordedRows {
  readonly file: string;
  readonly rows: string;
}

/** Rows by the document that holds them: a study prepares it anew for every vector. */
const read = new WeakMap<RecordedRows, readonly TraceRow[]>();

export function recordedRows(trace: RecordedRows): readonly TraceRow[] {
  const known = read.get(trace);
  if (known !== undefined) return known;
  const rows = readTraceRows(trace.rows, trace.file, { partial: true });
  read.set(trace, rows);
  return rows;
}

/**
 * The requests of a trace as tasks, both phases each. A task's prefix is one chain of blocks, not a tree: rounds of a
 * session share their prompts so far, requests with block hashes what all those with the same first block have in common.
 */
export function traceTasks(rows: readonly TraceRow[], { model, speed }: TraceTaskOptions): Task[] {
  const served = findModel(model);
  const common = commonBlocks(rows);
  const startUs = rows[0]?.arrivalTimeUs ?? 0;
  return rows.map((row) => {
    const { prefix, prefixTokens, promptTokens } = promptOf(row, common);
    const [ttft, e2e] = [row.firstChunkTimeUs - row.sendTimeUs, row.lastChunkTimeUs - row.sendTimeUs];
    return {
      id: `R${row.requestId}`,
      model: served.name,
      memoryGB: served.parametersBillions,
      weight: 1,
      arrival: (row.arrivalTimeUs - startUs) / 1e6 / speed,
      prefillTokens: promptTokens,
      decodeTokens: row.outputTokens,
      tp: served.recommendedTp,
      prefix,
      prefixTokens,
      ...(row.firstChunkTimeUs > 0 ? { recordedTtft: ttft / 1e6 } : {}),
      ...(row.lastChunkTimeUs > 0 ? { recordedE2e: e2e / 1e6 } : {}),
    };
  });
}

interface Prompt {
  readonly prefix: string | null;
  readonly prefixTokens: number;
  readonly promptTokens: number;
}

function promptOf(row: TraceRow, common: ReadonlyMap<string, readonly string[]>): Prompt {
  const promptTokens = row.inputTokens;
  if (row.hashIds) {
    const root = rootOf(row);
    const blocks = common.get(root)!.length;
    return { prefix: root, prefixTokens: Math.min(blocks * (row.hashBlockTokens ?? 0), promptTokens), promptTokens };
  }
  if (row.sessionId !== '' && (row.roundIndex === 0 || Boolean(row.repeatedTokens))) {
    return { prefix: `session ${row.sessionId}`, prefixTokens: promptTokens, promptTokens };
  }
  if (row.prefixGroup === '' || row.prefixLength === 0) return { prefix: null, prefixTokens: 0, promptTokens };
  return { prefix: row.prefixGroup, prefixTokens: row.prefixLength, promptTokens: promptTokens + row.prefixLength };
}

/** By first block, the blocks that all requests with it begin with. */
function commonBlocks(rows: readonly TraceRow[]): ReadonlyMap<string, readonly string[]> {
  const common = new Map<string, readonly string[]>();
  for (const row of rows) {
    if (!row.hashIds) continue;
    const root = rootOf(row);
    const ids = row.hashIds.split(' ');
    const known = common.get(root) ?? ids;
    let equal = 0;
    while (equal < known.length && known[equal] === ids[equal]) equal++;
    common.set(root, known.slice(0, equal));
  }
  return common;
}

function rootOf({ hashBlockTokens, hashIds }: TraceRow): string {
  return `block ${hashBlockTokens} ${hashIds!.split(' ', 1)[0]}`;
}
