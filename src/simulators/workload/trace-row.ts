import type { RequestTable } from './request-table.ts';

/** One request of a TraceV2 file. Times in absolute µs. */
export interface TraceRow {
  readonly requestId: number;
  readonly clientId: string;
  readonly tenantId: string;
  readonly sloClass: string;
  /** Real traces only. */
  readonly vllmPriority?: number;
  /** Empty = none. */
  readonly sessionId: string;
  readonly roundIndex: number;
  readonly prefixGroup: string;
  readonly prefixLength: number;
  readonly streaming: boolean;
  /** Without the prefix. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly textTokens: number;
  readonly imageTokens: number;
  readonly audioTokens: number;
  readonly videoTokens: number;
  /** 0 … 1. */
  readonly reasonRatio: number;
  readonly model: string;
  /** 0 = none. */
  readonly deadlineUs: number;
  /** 0 = none. */
  readonly sloTargetUs: number;
  /** Measured prompt length, 0 = not measured. */
  readonly serverInputTokens: number;
  readonly arrivalTimeUs: number;
  readonly sendTimeUs: number;
  /** 0 if no token was produced. */
  readonly firstChunkTimeUs: number;
  readonly lastChunkTimeUs: number;
  readonly numChunks: number;
  readonly status: string;
  readonly errorMessage: string;
  readonly finishReason: string;
  readonly xRequestId: string;
  readonly adapter: string;
  /** Pause before this round; 0 = not recorded. */
  readonly thinkTimeUs: number;
  /** Leading prompt tokens that are known to repeat: what came before in the session, else a text common to all. */
  readonly repeatedTokens?: number;
  /** Tokens for which one of `hashIds` stands. */
  readonly hashBlockTokens?: number;
  /**
   * Content of the prompt, one id a block, separated by spaces; each stands for its block and everything before it, so
   * that prompts share as many blocks as they have equal ids in front.
   */
  readonly hashIds?: string;
}

/** What a simulation adds to a request. */
export interface TraceTiming {
  /** Absolute µs of the first and last token; 0 if none was produced. */
  readonly firstChunkTimeUs: number;
  readonly lastChunkTimeUs: number;
  readonly status: 'ok' | 'timeout' | 'incomplete';
}

/** The trace record of a simulated request. @param requestId - its number in the file, from 0 in arrival order */
export function traceRowOf(table: RequestTable, row: number, requestId: number, timing: TraceTiming): TraceRow {
  const { names } = table;
  const total = table.inputTokens[row]!;
  const prefix = table.prefixLengthLabel[row]!;
  const modality = table.modalities.get(row);
  return {
    requestId,
    clientId: names.clients[table.client[row]!] ?? '',
    tenantId: names.tenants[table.tenant[row]!] ?? '',
    sloClass: names.sloClasses[table.sloClass[row]!] ?? '',
    sessionId: names.sessions[table.session[row]!] ?? '',
    roundIndex: table.round[row]!,
    prefixGroup: names.prefixGroups[table.prefixGroupLabel[row]!] ?? '',
    prefixLength: prefix <= total ? prefix : 0,
    streaming: table.streaming[row] === 1,
    inputTokens: prefix <= total ? total - prefix : total,
    outputTokens: table.outputTokens[row]!,
    textTokens: modality?.text ?? 0,
    imageTokens: modality?.image ?? 0,
    audioTokens: modality?.audio ?? 0,
    videoTokens: modality?.video ?? 0,
    reasonRatio: table.reasonRatios.get(row) ?? 0,
    model: names.models[table.model[row]!] ?? '',
    deadlineUs: table.deadlineUs[row]!,
    sloTargetUs: table.sloTargetUs[row]!,
    serverInputTokens: 0,
    arrivalTimeUs: table.arrivalUs[row]!,
    sendTimeUs: table.arrivalUs[row]!,
    ...timing,
    numChunks: 0,
    errorMessage: '',
    finishReason: '',
    xRequestId: '',
    adapter: '',
    thinkTimeUs: 0,
  };
}
