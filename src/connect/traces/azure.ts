import { shortText } from '../../base/short-text.ts';
import { tableReader } from './table-reader.ts';
import { parseMoment, sinceOrigin } from './time-text.ts';
import { tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';

/** Azure LLM inference traces of 2023 (code, conv), 2024 (a week of each) and 2025 (multimodal). */
export const azure: TraceFormat = {
  name: 'azure',
  title: 'Azure LLM inference trace',
  shape: 'table',
  keys: [['timestamp', 'contexttokens', 'generatedtokens']],
  needs: 'TIMESTAMP, ContextTokens, GeneratedTokens',
  inTimeOrder: true,
  open(context) {
    const { options } = context;
    return tableReader(
      context,
      {
        time: ['timestamp'],
        input: ['contexttokens'],
        output: ['generatedtokens'],
        images: ['numimages'],
      },
      (has) => {
        if (has('images') && options.tokensPerImage === 0) {
          context.notes.add('NumImages is left out; --tokens-per-image adds prompt tokens for them');
        }
        return (row) => {
          const moment = parseMoment(row.text('time'), options.timeUnit ?? 'epoch');
          const text = tokenCount(row.text('input'));
          const output = tokenCount(row.text('output'));
          if (moment === null) return unreadable(context, row.line, `TIMESTAMP ${shortText(row.text('time'))}`);
          if (text === null) return unreadable(context, row.line, `ContextTokens ${shortText(row.text('input'))}`);
          if (output === null) return unreadable(context, row.line, `GeneratedTokens ${shortText(row.text('output'))}`);
          const images = (tokenCount(row.text('images')) ?? 0) * options.tokensPerImage;
          return withTokens(context, row.line, {
            atUs: sinceOrigin(moment, context),
            inputTokens: text + images,
            outputTokens: output,
            ...(images > 0 ? { fields: { textTokens: text, imageTokens: images } } : {}),
          });
        };
      },
    );
  },
};
