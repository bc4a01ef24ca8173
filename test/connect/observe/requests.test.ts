import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompletionRequest,
  completionCall,
  serverBase,
  vllmPriority,
} from '../../../src/connect/observe/completion-call.ts';
import { PromptTexts, WORDS } from '../../../src/connect/observe/prompt-texts.ts';
import { TokenIds } from '../../../src/connect/observe/token-ids.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';

const SERVER = {
  base: serverBase('http://host:8000/v1/'),
  model: 'm',
  interface: 'completions',
  apiKey: 'secret',
} as const;
const REQUEST: CompletionRequest = {
  ...{ prompt: 'a b', model: '', outputTokens: 12, length: 'exact', streams: true },
  ...{ tenant: 't1', sloClass: 'batch', sloTargetUs: 1_500, requestId: 'id' },
};
const body = (request: Partial<CompletionRequest>, server: Partial<Parameters<typeof completionCall>[0]> = {}) =>
  JSON.parse(completionCall({ ...SERVER, ...server }, { ...REQUEST, ...request }).body) as Record<string, unknown>;

describe('a request', () => {
  it('asks for the exact length, which some servers take from ignore_eos alone', () => {
    expect(body({})).toEqual({
      ...{ model: 'm', prompt: 'a b', max_tokens: 12, min_tokens: 12, ignore_eos: true, stream: true },
      ...{ stream_options: { include_usage: true }, priority: 5 },
    });
  });

  it('to the reference asks by min_tokens', () => {
    expect(body({ length: 'at-least' })).not.toHaveProperty('ignore_eos');
    expect(body({ length: 'at-least' })).toMatchObject({ max_tokens: 12, min_tokens: 12 });
  });

  it('without a length asks for 2048 tokens at most, and without a limit for as many as there are', () => {
    expect(body({ outputTokens: 0 })).toMatchObject({ max_tokens: 2048 });
    expect(body({ outputTokens: 0 })).not.toHaveProperty('min_tokens');
    expect(body({ length: 'free' })).toMatchObject({ max_tokens: 2_147_483_647 });
    expect(body({ length: 'free' }, { interface: 'chat' })).not.toHaveProperty('max_tokens');
  });

  it('to a chat is one message of the user, and names its own model if it has one', () => {
    expect(body({ model: 'other' }, { interface: 'chat' })).toMatchObject({
      messages: [{ role: 'user', content: 'a b' }],
      model: 'other',
    });
  });

  it('tells the gateway who asks, how urgent it is and when it is due', () => {
    const call = completionCall(SERVER, REQUEST);
    expect(call.url.href).toBe('http://host:8000/v1/completions');
    expect(call.headers).toMatchObject({
      ...{ authorization: 'Bearer secret', 'x-request-id': 'id', 'x-slo-ttft-ms': '2' },
      ...{ 'x-gateway-inference-fairness-id': 't1', 'x-gateway-inference-objective': 'batch' },
    });
    const plain = completionCall({ ...SERVER, apiKey: null }, { ...REQUEST, tenant: '', sloClass: '', sloTargetUs: 0 });
    expect(Object.keys(plain.headers).sort()).toEqual(['content-length', 'content-type', 'x-request-id']);
    expect(plain.body).not.toContain('priority');
  });

  it('has the priority of its class as vLLM counts', () => {
    const classes = ['critical', 'standard', 'batch', 'sheddable', 'background', 'other'];
    expect(classes.map(vllmPriority)).toEqual([0, 1, 5, 6, 7, 1]);
  });

  it.each(['host:8000', 'ftp://host', ''])('cannot be sent to %j', (address) => {
    expect(() => serverBase(address)).toThrow(/must/);
  });
});

/** A workload with prefix groups and sessions, and the ids of its tokens. */
function generated(seed: number, accumulate = true) {
  const constant = (value: number) => ({ type: 'constant', params: { value } });
  const lengths = { input_distribution: constant(30), output_distribution: constant(5) };
  const client = {
    rate_fraction: 0.5,
    streaming: true,
    arrival: { process: 'poisson' },
    prefix_group: 'sys',
    prefix_length: 40,
  };
  const spec = parseWorkload({
    ...{ seed, aggregate_rate: 10, num_requests: 12 },
    clients: [
      { ...client, ...lengths, id: 'single' },
      {
        ...{ ...client, ...lengths, id: 'talk' },
        reasoning: {
          multi_turn: { max_rounds: 3, think_time_us: 1000, ...(accumulate ? { context_growth: 'accumulate' } : {}) },
        },
      },
    ],
  });
  const ids = new TokenIds();
  return { ids, workload: generateWorkload(spec, { tokens: ids }) };
}

describe('prompts', () => {
  it('have a hundred different words', () => expect(new Set(WORDS).size).toBe(100));

  it('have as many words as tokens, or fewer where a word is more than a token', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (seed, tokensPerWord) => {
          const { ids, workload } = generated(seed);
          const texts = new PromptTexts(ids, { tokensPerWord, quoteAnswers: false });
          const { table } = workload.start();
          for (let row = 0; row < table.length; row++) {
            const words = texts.text(table, row).split(' ').length;
            expect(Math.abs(words - table.inputTokens[row]! / tokensPerWord)).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of a group begin alike, and differ after that', () => {
    const { ids, workload } = generated(3);
    const texts = new PromptTexts(ids, { tokensPerWord: 1, quoteAnswers: false });
    const { table } = workload.start();
    const words = Array.from({ length: table.length }, (_, row) => texts.text(table, row).split(' '));
    expect(new Set(words.map((one) => one.slice(0, 40).join(' '))).size).toBe(1);
    expect(new Set(words.map((one) => one.slice(40).join(' '))).size).toBe(table.length);
  });

  it('of later rounds quote the conversation, with what the server really answered', () => {
    const { ids, workload } = generated(3);
    const texts = new PromptTexts(ids, { tokensPerWord: 1, quoteAnswers: true });
    const { table, followUps } = workload.start();
    const row = table.session.findIndex((session) => session >= 0);
    const first = texts.text(table, row);
    texts.answered(row, ' so it is');
    const next = followUps!.next(table, row, 'completed', 5, 1e6);
    expect(texts.text(table, next).startsWith(`${first} so it is `)).toBe(true);
    const drawn = new PromptTexts(ids, { tokensPerWord: 1, quoteAnswers: false });
    drawn.answered(row, ' so it is');
    expect(drawn.text(table, next).split(' ').length).toBe(table.inputTokens[next]);
  });
});
