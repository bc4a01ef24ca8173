import { InputError } from '../../base/errors.ts';
import { parseTraceFields, TRACE_COLUMNS } from '../../simulators/workload/trace-csv.ts';
import { plainName, tableReader } from './table-reader.ts';
import { unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { Measured } from './trace-request.ts';

/** TraceV2 data, as `blis run`, `blis observe` and this command write them. */
export const traceV2: TraceFormat = {
  name: 'trace-v2',
  title: 'TraceV2 data',
  shape: 'table',
  keys: [['requestid', 'clientid', 'roundindex', 'inputtokens', 'outputtokens', 'arrivaltimeus']],
  needs: 'request_id, client_id, …, input_tokens, output_tokens, arrival_time_us',
  inTimeOrder: true,
  open(context) {
    const columns = Object.fromEntries(TRACE_COLUMNS.map((name) => [name, [plainName(name)]]));
    return tableReader(context, columns, (has) => (row) => {
      const fields: Record<string, string> = {};
      for (const name of TRACE_COLUMNS) if (has(name)) fields[name] = row.text(name);
      const read = parsedRow(fields);
      if (read instanceof InputError) return unreadable(context, row.line, read.message);
      const { firstChunkTimeUs: first, lastChunkTimeUs: last, sendTimeUs: send, arrivalTimeUs: arrival } = read;
      if (context.options.keepFailed === false && read.status === 'error') {
        context.dropped.add('failed request', row.line);
        return null;
      }
      const measured: Measured = {
        // Of a real server, arrivals count from the start and the other times are of its clock.
        lateUs: send >= arrival && send - arrival < 1e12 ? send - arrival : 0,
        ttftUs: first > 0 ? first - send : -1,
        e2eUs: last > 0 ? last - send : -1,
      };
      return withTokens(context, row.line, {
        atUs: arrival,
        inputTokens: read.inputTokens,
        outputTokens: read.outputTokens,
        ...(first > 0 || last > 0 ? { measured } : {}),
        fields: {
          ...read,
          deadlineUs: read.deadlineUs > 0 ? Math.max(0, read.deadlineUs - arrival) : 0,
        },
      });
    });
  },
};

function parsedRow(fields: Readonly<Record<string, string>>) {
  try {
    return parseTraceFields(fields);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
