import { shortText } from '../../base/short-text.ts';
import { tableReader } from './table-reader.ts';
import { parseMoment, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TimeUnit, TraceRequest } from './trace-request.ts';

const TIMES = [
  'timestamp',
  'time',
  'ts',
  'arrival',
  'arrivaltime',
  'arrivedat',
  'starttime',
  'requesttime',
  'datetime',
];
const UNITS: readonly TimeUnit[] = ['ms', 'us', 'ns', 's'];

const INPUTS = [
  'inputtokens',
  'prompttokens',
  'inputlength',
  'promptlength',
  'inputlen',
  'promptlen',
  'contexttokens',
  'requesttokens',
  'numprefilltokens',
  'isl',
];
const OUTPUTS = [
  'outputtokens',
  'completiontokens',
  'outputlength',
  'outputlen',
  'generatedtokens',
  'responsetokens',
  'numdecodetokens',
  'osl',
];
const SESSIONS = ['sessionid', 'conversationid', 'chatid', 'session'];

/** Plain names of a time column, with and without its unit behind it. */
const TIMED = TIMES.flatMap((name) => [name, ...UNITS.map((unit) => name + unit)]);

/** A log of one's own: any table with a time and two token counts. */
export const requestLog: TraceFormat = {
  name: 'log',
  title: 'request log',
  shape: 'table',
  keys: [[TIMED.join('|'), INPUTS.join('|'), OUTPUTS.join('|')]],
  needs: 'a time (timestamp, arrival_time_us, …), input_tokens, output_tokens',
  inTimeOrder: true,
  open(context) {
    const columns: Record<string, readonly string[]> = {
      input: INPUTS,
      output: OUTPUTS,
      session: SESSIONS,
      ttft: ['ttft'],
      e2e: ['e2e', 'latency'],
      model: ['model'],
      client: ['clientid', 'user', 'userid'],
    };
    for (const unit of ['', ...UNITS]) columns[`time${unit}`] = TIMES.map((name) => name + unit);
    return tableReader(context, columns, (has) => {
      const suffix = UNITS.find((unit) => has(`time${unit}`)) ?? '';
      const column = has('time') ? 'time' : `time${suffix}`;
      const unit = context.options.timeUnit ?? (column === 'time' || suffix === '' ? 'epoch' : suffix);
      return (row) => {
        const moment = parseMoment(row.text(column), unit);
        if (moment === null) return unreadable(context, row.line, `time ${shortText(row.text(column))}`);
        if (unit === 'epoch' && !moment.dated) {
          context.notes.add('times without a date are read as seconds; --time-unit says otherwise');
        }
        const input = tokenCount(row.text('input'));
        const output = tokenCount(row.text('output'));
        if (input === null) return unreadable(context, row.line, `input tokens ${shortText(row.text('input'))}`);
        if (output === null) return unreadable(context, row.line, `output tokens ${shortText(row.text('output'))}`);
        return withTokens(context, row.line, {
          atUs: sinceOrigin(moment, context),
          inputTokens: input,
          outputTokens: output,
          ...measured(finiteNumber(row.text('ttft')), finiteNumber(row.text('e2e'))),
          ...labels(context, row.text('session'), row.text('client'), row.text('model')),
        });
      };
    });
  },
};

/** Seconds. */
function measured(ttft: number | null, e2e: number | null): Pick<TraceRequest, 'measured'> {
  if (ttft === null && e2e === null) return {};
  const us = (seconds: number | null): number => (seconds === null ? -1 : Math.round(seconds * 1e6));
  return { measured: { lateUs: 0, ttftUs: us(ttft), e2eUs: us(e2e) } };
}

function labels(
  { options }: ReadContext,
  session: string,
  client: string,
  model: string,
): Pick<TraceRequest, 'fields' | 'carriesOn'> {
  return {
    ...(session === '' ? {} : { carriesOn: true }),
    fields: {
      ...(session === '' ? {} : { sessionId: session }),
      clientId: client === '' ? model : client,
      ...(options.keepModels ? { model } : {}),
    },
  };
}
