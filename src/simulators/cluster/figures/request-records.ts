import type { EngineResult } from '../engine-result.ts';
import { tokenGapUs } from './request-latency.ts';

/** One line per request of the metrics file: registered requests by arrival, then id. */
export function* requestRecords(result: EngineResult): Iterable<Record<string, unknown>> {
  const { table, registered } = result;
  const rows: number[] = [];
  for (let row = 0; row < table.length; row++) if (registered[row] === 1) rows.push(row);
  rows.sort((a, b) => table.arrivalUs[a]! - table.arrivalUs[b]! || (table.id(a) < table.id(b) ? -1 : 1));
  for (const row of rows) yield requestRecord(result, row);
}

function requestRecord(result: EngineResult, row: number): Record<string, unknown> {
  const { table } = result;
  const { names } = table;
  const sloClass = names.sloClasses[table.sloClass[row]!];
  const tenant = names.tenants[table.tenant[row]!];
  const model = names.models[table.model[row]!];
  const handledBy = result.handledBy[row]!;
  const gatewayDelayUs = result.gatewayDelayUs[row]!;
  const session = table.session[row]!;
  return {
    arrived_at: table.arrivalUs[row]! / 1e6,
    requestID: table.id(row),
    num_prefill_tokens: table.inputTokens[row],
    num_decode_tokens: table.outputTokens[row],
    ttft_ms: orZero(result.ttftUs[row]!) / 1000,
    itl_ms: tokenGapUs(result, row) / 1000,
    e2e_ms: orZero(result.e2eUs[row]!) / 1000,
    scheduling_delay_ms: orZero(result.schedulingDelayUs[row]!) / 1000,
    ...(sloClass ? { slo_class: sloClass } : {}),
    ...(tenant ? { tenant_id: tenant } : {}),
    ...(handledBy >= 0 ? { handled_by: `instance_${handledBy}` } : {}),
    ...(model ? { model } : {}),
    ...(result.lengthCapped[row] === 1 && result.disaggregated[row] === 0 ? { length_capped: true } : {}),
    ...(gatewayDelayUs > 0 ? { gateway_queue_delay_ms: gatewayDelayUs / 1000 } : {}),
    ...(session >= 0 ? { session_id: names.sessions[session] } : {}),
    round_index: table.round[row],
  };
}

/** Entries of `blis replay --results-path`: completed requests with numbered ids, by number. */
export function replayResults(result: EngineResult): readonly Record<string, unknown>[] {
  const { table } = result;
  const numbered: [number, number][] = [];
  for (let row = 0; row < table.length; row++) {
    const match = /^request_(\d+)$/.exec(table.id(row));
    const finished = Number.isFinite(result.ttftUs[row]!) && Number.isFinite(result.e2eUs[row]!);
    if (match !== null && finished) numbered.push([Number(match[1]), row]);
  }
  return numbered
    .sort(([a], [b]) => a - b)
    .map(([number, row]) => {
      const sloClass = table.names.sloClasses[table.sloClass[row]!];
      const model = table.names.models[table.model[row]!];
      const gap = tokenGapUs(result, row);
      return {
        request_id: number,
        ttft_us: result.ttftUs[row],
        e2e_us: result.e2eUs[row],
        input_tokens: table.inputTokens[row],
        output_tokens: table.outputTokens[row],
        ...(sloClass ? { slo_class: sloClass } : {}),
        ...(model ? { model } : {}),
        ...(gap > 0 ? { itl_mean_us: gap } : {}),
      };
    });
}

function orZero(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
