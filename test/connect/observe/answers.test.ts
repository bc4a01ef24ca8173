import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamReader, type TimedChunks, WholeReader } from '../../../src/connect/observe/answer-reader.ts';
import { EventLines } from '../../../src/connect/observe/event-lines.ts';

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const token = (text: string) => data({ choices: [{ text, finish_reason: null }] });
const delta = (value: object) => data({ choices: [{ delta: value, finish_reason: null }] });
const USAGE = data({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } });

/** Reads pieces that come at 1, 2, 3, … µs. */
function read(timed: TimedChunks, pieces: readonly string[], isWhole = true) {
  const reader = new StreamReader(timed);
  for (const [i, piece] of pieces.entries()) reader.push(Buffer.from(piece), i + 1);
  return reader.finish(pieces.length + 1, isWhole);
}

describe('lines of an event stream', () => {
  it('are the same however the stream is cut into pieces, each with the time of its last piece', () => {
    const payloads = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[\r\n]/.test(text)));
    fc.assert(
      fc.property(
        payloads,
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        (texts, cuts, end) => {
          const bytes = Buffer.from(texts.map((text) => `data: ${text}${end}: a comment${end}${end}`).join(''));
          const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
            (a, b) => a - b,
          );
          const seen: string[] = [];
          const times: number[] = [];
          const lines = new EventLines(1 << 20, (payload, atUs) => {
            seen.push(payload);
            times.push(atUs);
          });
          for (let i = 1; i < places.length; i++) lines.push(bytes.subarray(places[i - 1], places[i]), places[i]!);
          lines.end(bytes.length);
          expect(seen).toEqual(texts.map((text) => text.trimStart()));
          let offset = 0;
          for (const [i, text] of texts.entries()) {
            const lineEnd = offset + Buffer.byteLength(`data: ${text}${end}`);
            expect(times[i]).toBe(places.find((place) => place >= lineEnd));
            offset = lineEnd + Buffer.byteLength(`: a comment${end}${end}`);
          }
        },
      ),
    );
  });

  it('have a limit', () => {
    const lines = new EventLines(10, () => {});
    expect(() => lines.push(Buffer.from('data: 1234567890'), 1)).toThrow(RangeError);
  });
});

describe('a streamed answer', () => {
  const completion = [
    token('one'),
    token(' two'),
    data({ choices: [{ text: '', finish_reason: 'length' }] }),
    USAGE,
    'data: [DONE]\n\n',
  ];

  it('is timed by the chunks that bring text', () => {
    const answer = read('tokens', completion);
    expect(answer).toMatchObject({
      firstUs: 1,
      lastUs: 2,
      chunks: 2,
      chunkUs: [1, 2],
      inputTokens: 7,
      outputTokens: 3,
    });
    expect(answer).toMatchObject({ finishReason: 'length', text: 'one two', fault: '' });
  });

  it('is timed by all lines but the last as the reference does it', () => {
    expect(read('lines', completion)).toMatchObject({ firstUs: 1, lastUs: 4, chunks: 4, chunkUs: [1, 2, 3, 4] });
  });

  it('of a chat has a chunk with the role, which is no token', () => {
    const pieces = [
      delta({ role: 'assistant', content: '' }),
      delta({ content: 'one' }),
      delta({}),
      USAGE,
      'data: [DONE]\n\n',
    ];
    expect(read('tokens', pieces).chunkUs).toEqual([2]);
    expect(read('lines', pieces).chunkUs).toEqual([1, 2, 3, 4]);
  });

  it.each(['reasoning_content', 'reasoning', 'tool_calls'])(
    'may begin with %s, which the model generates too',
    (key) => {
      const value = key === 'tool_calls' ? [{ index: 0 }] : 'because';
      expect(
        read('tokens', [delta({ [key]: value }), delta({ [key]: null, content: 'x' }), 'data: [DONE]\n\n']).chunkUs,
      ).toEqual([1, 2]);
    },
  );

  it('without usage has as many tokens as chunks with text; to the reference it has none', () => {
    const pieces = [token('one'), token(' two'), 'data: [DONE]\n\n'];
    expect([read('tokens', pieces).outputTokens, read('lines', pieces).outputTokens]).toEqual([2, 0]);
  });

  it('without any text is timed by its lines', () => {
    const pieces = [data({ choices: [{ text: '', finish_reason: 'stop' }] }), USAGE, 'data: [DONE]\n\n'];
    expect(read('tokens', pieces)).toMatchObject({ firstUs: 1, lastUs: 2, chunks: 0 });
  });

  it.each([
    ['breaks off in a line', [token('one'), 'data: {"choices": [\n\n'], /^bad JSON: /],
    ['holds an error of the server', [token('one'), data({ error: { message: 'out of memory' } })], /out of memory/],
    ['ends before its end', [token('one')], /ended before \[DONE\]/],
  ])('is faulty where it %s, and keeps what came before', (_, pieces, fault) => {
    const answer = read('tokens', pieces);
    expect(answer.fault).toMatch(fault);
    expect(answer.firstUs).toBe(1);
  });
});

describe('an answer in one piece', () => {
  it('is timed by its first byte and its end', () => {
    const reader = new WholeReader();
    const text = JSON.stringify({
      choices: [{ text: 'a b', finish_reason: 'stop' }],
      usage: { prompt_tokens: 4, completion_tokens: 2 },
    });
    reader.push(Buffer.from(text.slice(0, 10)), 5);
    reader.push(Buffer.from(text.slice(10)), 8);
    expect(reader.finish(9, true)).toMatchObject({
      firstUs: 5,
      lastUs: 9,
      chunks: 1,
      inputTokens: 4,
      outputTokens: 2,
      fault: '',
    });
  });
});
