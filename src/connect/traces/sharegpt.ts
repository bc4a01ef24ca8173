import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { recordReader } from './json-reader.ts';
import { RateClock } from './rate-clock.ts';
import { unreadable } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

const ANSWERS = new Set(['gpt', 'assistant', 'chatgpt', 'bing', 'bard', 'model']);
const QUESTIONS = new Set(['human', 'user']);

/** Bytes of a token where nothing counts them. */
const BYTES_PER_TOKEN = 4;

/** What vLLM's benchmark leaves out of question-answer pairs. */
const LEAST_TOKENS = 4;
const MOST_PROMPT_TOKENS = 1024;
const MOST_TOKENS = 2048;

/** Conversations as texts: one request for each question, whose prompt is all that was said before. */
export const sharegpt: TraceFormat = {
  name: 'sharegpt',
  title: 'ShareGPT conversations',
  shape: 'json',
  keys: [['conversations']],
  needs: 'id, conversations[{from, value}]',
  inTimeOrder: false,
  open(context) {
    context.notes.add('texts are counted as one token for every 4 bytes of UTF-8, rounded up turn by turn');
    const clock = new RateClock(context, 'conversations');
    const encoder = new TextEncoder();
    const count = (text: string): number => Math.ceil(encoder.encode(text).length / BYTES_PER_TOKEN);
    let unnamed = 0;
    return recordReader(context, function* (record, line) {
      const turns = readTurns(record, count);
      if (turns === null) {
        unreadable(context, line, 'conversations must be a list of turns with from and value');
        return;
      }
      const id = record['id'] === undefined ? `conversation ${++unnamed}` : String(record['id']);
      const rounds = questions(turns, context, line);
      const kept = context.options.firstPair ? rounds.slice(0, 1).filter(isUsualPair) : rounds;
      if (kept.length === 0) return;
      const startUs = clock.next();
      for (const [index, round] of kept.entries()) yield request(id, round, index, startUs, context);
    });
  },
};

interface Turn {
  readonly from: 'question' | 'answer' | 'other';
  readonly tokens: number;
}

/** Null where the record holds no list of turns. */
function readTurns(record: JsonObject, count: (text: string) => number): readonly Turn[] | null {
  const written = record['conversations'];
  const list = typeof written === 'string' ? parsed(written) : written;
  if (!Array.isArray(list)) return null;
  const turns: Turn[] = [];
  for (const item of list) {
    const turn = typeof item === 'string' ? parsed(item) : item;
    if (!isJsonObject(turn)) return null;
    const text = turn['value'];
    if (typeof text !== 'string') return null;
    const from = String(turn['from']).toLowerCase();
    const kind = QUESTIONS.has(from) ? 'question' : ANSWERS.has(from) ? 'answer' : 'other';
    turns.push({ from: kind, tokens: count(text) });
  }
  return turns;
}

/** Some files hold turns, or the list of them, as texts of JSON. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

interface Round {
  readonly input: number;
  readonly output: number;
  /** Prompt and answer of the round before, which this prompt begins with. */
  readonly repeated: number;
}

/** Questions in a row are one prompt; so is what comes before the first. */
function questions(turns: readonly Turn[], context: ReadContext, line: number): readonly Round[] {
  const rounds: Round[] = [];
  let said = 0;
  let repeated = 0;
  let asked = false;
  for (const { from, tokens } of turns) {
    if (from === 'answer' && asked) {
      if (said > 0 && tokens > 0) rounds.push({ input: said, output: tokens, repeated });
      else context.dropped.add('no output tokens', line);
      repeated = said + tokens;
      asked = false;
    } else if (from === 'answer' && rounds.length === 0) {
      context.dropped.add('no question before the answer', line);
    }
    if (from === 'question') asked = true;
    said += tokens;
  }
  if (asked) context.dropped.add('no answer', line);
  return rounds;
}

function isUsualPair({ input, output }: Round): boolean {
  if (input < LEAST_TOKENS || output < LEAST_TOKENS) return false;
  return input <= MOST_PROMPT_TOKENS && input + output <= MOST_TOKENS;
}

function request(id: string, round: Round, index: number, startUs: number, context: ReadContext): TraceRequest {
  const thinkUs = Math.round(context.options.thinkS * 1e6);
  if (index > 0) {
    context.notes.add(
      `later rounds of a conversation come ${context.options.thinkS} s after the one before (--think-time)`,
    );
  }
  return {
    atUs: startUs + index * thinkUs,
    inputTokens: round.input,
    outputTokens: round.output,
    fields: {
      sessionId: id,
      ...(round.repeated > 0 ? { repeatedTokens: round.repeated } : {}),
      ...(index > 0 ? { thinkTimeUs: thinkUs } : {}),
    },
  };
}
