import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `paretune cloud-edge …` in this process and collects what it prints. */
export async function cloudEdge(...args: readonly string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const kept = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = ((chunk: unknown) => {
      written[name] += String(chunk);
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    return { code: await main(['cloud-edge', ...args], COMMANDS), ...written };
  } finally {
    process.stdout.write = kept.stdout;
    process.stderr.write = kept.stderr;
  }
}

export interface Served {
  readonly prompt: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly authorization: string | undefined;
  /** How long the server held the request, seconds. */
  seconds: number;
}

export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly delayMs?: number;
}

/** A small OpenAI-compatible server on the loop-back address. */
export class CompletionServer {
  readonly served: Served[] = [];
  readonly #server: Server;
  #reply: (prompt: string, count: number) => Reply = () => ({});

  constructor() {
    this.#server = createServer(async (request, response) => {
      if (request.method === 'GET') return void response.end('{"data":[]}');
      const startedAt = performance.now();
      const body = JSON.parse(await textOf(request)) as Record<string, unknown>;
      const messages = body['messages'] as { content: string }[] | undefined;
      const prompt = messages?.[0]?.content ?? String(body['prompt']);
      const { authorization } = request.headers;
      const entry: Served = { prompt, body, path: request.url ?? '', authorization, seconds: 0 };
      this.served.push(entry);
      const count = this.served.filter((other) => other.prompt === prompt).length;
      const {
        status = 200,
        body: answer = completion(`answer to ${prompt}`),
        delayMs = 0,
      } = this.#reply(prompt, count);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      entry.seconds = (performance.now() - startedAt) / 1000;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param reply - by prompt and how often it was asked */
  answer(reply: (prompt: string, count: number) => Reply): void {
    this.#reply = reply;
    this.served.length = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function completion(content: string): unknown {
  return { choices: [{ message: { role: 'assistant', content } }], usage: { prompt_tokens: 7, completion_tokens: 11 } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
