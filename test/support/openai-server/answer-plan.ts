/** What a request asks for, as far as the server looks at it. */
export interface ServerRequest {
  /** Place in order of receipt, from 0; questions beside the load count too. */
  readonly index: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What goes wrong with an answer. */
export type Fault =
  | { readonly kind: 'status'; readonly code: number; readonly body: string }
  /** Nothing more is written after so many tokens; the connection stays open. */
  | { readonly kind: 'stall'; readonly afterTokens: number }
  | { readonly kind: 'disconnect'; readonly afterTokens: number }
  /** A line of the stream, or the whole answer, that is no JSON. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'no-usage' };

/** The times and lengths that a server imposes. */
export interface AnswerPlan {
  readonly ttftMs: number;
  readonly itlMs: number;
  readonly tokens: number;
  readonly fault: Fault | null;
}

/** Words of the prompt: one token each. */
export function promptTokens(body: ServerRequest['body']): number {
  const messages = body['messages'] as readonly { content: string }[] | undefined;
  const text = messages === undefined ? String(body['prompt'] ?? '') : messages.map((one) => one.content).join(' ');
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** `max_tokens` where the end of a text is ignored; else, as real models do, any length up to it. */
export function answerTokens({ index, body }: ServerRequest): number {
  const most = Math.min(Number(body['max_tokens'] ?? 16), 4096);
  return body['ignore_eos'] === true ? most : 1 + ((index * 7919 + 3) % most);
}

interface Usage {
  readonly prompt: number;
  readonly tokens: number;
}

/** Chunks of a stream: those written with token `k`, and those after the last one. */
export function streamTexts(isChat: boolean, plan: AnswerPlan, usage: Usage | null, isFull: boolean) {
  const choice = (content: string | null, finish: string | null, role = false) =>
    isChat
      ? {
          index: 0,
          delta: { ...(role ? { role: 'assistant' } : {}), ...(content === null ? {} : { content }) },
          finish_reason: finish,
        }
      : { index: 0, text: content ?? '', finish_reason: finish };
  const chunk = (choices: readonly unknown[], more: object = {}) =>
    `data: ${JSON.stringify({ id: 'cmpl-1', object: 'chunk', created: 0, model: 'made/up', choices, ...more })}\n\n`;
  const plain = chunk([choice(' word', null)]);
  const token = (k: number) => (isChat && k === 0 ? chunk([choice('', null, true)]) : '') + plain;
  const end =
    chunk([choice(null, isFull ? 'length' : 'stop')]) +
    (usage === null ? '' : chunk([], { usage: usageBlock(usage) })) +
    'data: [DONE]\n\n';
  return { token, end: plan.fault?.kind === 'garbage' ? 'data: {"choices": [\n\n' : end };
}

/** The answer in one piece. */
export function wholeText(isChat: boolean, plan: AnswerPlan, usage: Usage | null, isFull: boolean): string {
  if (plan.fault?.kind === 'garbage') return '{"choices": [';
  const text = Array.from({ length: plan.tokens }, () => ' word').join('');
  const content = isChat ? { message: { role: 'assistant', content: text } } : { text };
  return JSON.stringify({
    id: 'cmpl-1',
    choices: [{ index: 0, ...content, finish_reason: isFull ? 'length' : 'stop' }],
    ...(usage === null ? {} : { usage: usageBlock(usage) }),
  });
}

function usageBlock({ prompt, tokens }: Usage): object {
  return { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens };
}
