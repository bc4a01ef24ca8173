import { shortText } from '../../base/short-text.ts';
import { type TableRow, tableReader } from './table-reader.ts';
import { parseMoment, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

/** BurstGPT 1 (seconds, no sessions) and 2 (sessions of the conversation log, time of the whole answer). */
export const burstgpt: TraceFormat = {
  name: 'burstgpt',
  title: 'BurstGPT trace',
  shape: 'table',
  keys: [['timestamp', 'requesttokens', 'responsetokens']],
  needs: 'Timestamp, Request tokens, Response tokens',
  inTimeOrder: true,
  open(context) {
    return tableReader(context, COLUMNS, (has) => {
      if (has('session')) {
        context.notes.add(
          'of sessions it is known only that a prompt long enough for the round before repeats it; shorter ones share nothing',
        );
      }
      return (row) => readRow(context, row);
    });
  },
};

const COLUMNS = {
  time: ['timestamp'],
  session: ['sessionid'],
  elapsed: ['elapsedtime'],
  model: ['model'],
  input: ['requesttokens'],
  output: ['responsetokens'],
  log: ['logtype'],
};

function readRow(context: ReadContext, row: TableRow): TraceRequest | null {
  const { options } = context;
  const moment = parseMoment(row.text('time'), options.timeUnit ?? 's');
  const input = tokenCount(row.text('input'));
  const output = tokenCount(row.text('output'));
  if (moment === null) return unreadable(context, row.line, `Timestamp ${shortText(row.text('time'))}`);
  if (input === null) return unreadable(context, row.line, `Request tokens ${shortText(row.text('input'))}`);
  if (output === null) return unreadable(context, row.line, `Response tokens ${shortText(row.text('output'))}`);
  if (output === 0 && !options.keepFailed) {
    context.dropped.add('failed request', row.line);
    return null;
  }
  const session = row.text('session');
  return withTokens(context, row.line, {
    atUs: sinceOrigin(moment, context),
    inputTokens: input,
    outputTokens: output,
    ...measured(finiteNumber(row.text('elapsed'))),
    ...(session === '' ? {} : { carriesOn: true }),
    fields: {
      clientId: [row.text('model'), row.text('log')].filter((part) => part !== '').join(' / '),
      ...(session === '' ? {} : { sessionId: session }),
      ...(options.keepModels ? { model: row.text('model') } : {}),
    },
  });
}

/** @param elapsed - of the whole answer, s */
function measured(elapsed: number | null): Pick<TraceRequest, 'measured'> {
  if (elapsed === null || elapsed <= 0) return {};
  return { measured: { lateUs: 0, ttftUs: -1, e2eUs: Math.round(elapsed * 1e6) } };
}
