import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AnswerPlan,
  answerTokens,
  promptTokens,
  type ServerRequest,
  streamTexts,
  wholeText,
} from './answer-plan.ts';

/** What the server did for one request, by the monotonic clock of the machine, µs. */
export interface ServerRecord extends ServerRequest {
  readonly receivedUs: number;
  /** When it left the queue. */
  startedUs: number;
  /** Just before each token was written. */
  readonly tokenUs: number[];
  /** Whether the other side went away before the end. */
  abandoned: boolean;
}

export interface ServerOptions {
  readonly ttftMs?: number;
  readonly itlMs?: number;
  /** Requests worked on at the same time; others wait in line. */
  readonly slots?: number;
  /** Changes to the plan of a request. */
  readonly plan?: (request: ServerRequest) => Partial<AnswerPlan>;
  /** Text of `/metrics`. */
  readonly metrics?: () => string;
}

export function monotonicUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

/** A streaming OpenAI-compatible server on loopback with times that are known: what clients are measured against. */
export class OpenAiServer {
  readonly records: ServerRecord[] = [];
  readonly #options: ServerOptions;
  readonly #http: Server;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #running = 0;
  /** Largest number of requests that were open at the same time. */
  mostOpen = 0;
  #open = 0;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#http = createServer((request, response) => this.#handle(request, response));
  }

  static async start(options: ServerOptions = {}): Promise<OpenAiServer> {
    const server = new OpenAiServer(options);
    await new Promise<void>((resolve) => server.#http.listen({ port: 0, host: '127.0.0.1', backlog: 2048 }, resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  async connections(): Promise<number> {
    return await new Promise((resolve) => this.#http.getConnections((_, count) => resolve(count)));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const receivedUs = monotonicUs();
    response.socket?.setNoDelay(true);
    const path = request.url ?? '/';
    if (path === '/metrics') return void response.end(this.#options.metrics?.() ?? '');
    if (request.method !== 'POST') return void response.end('{}');
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as ServerRequest['body'];
      const index = this.records.length;
      const record: ServerRecord = {
        ...{ index, path, headers: request.headers, body, receivedUs },
        ...{ startedUs: 0, tokenUs: [], abandoned: false },
      };
      this.records.push(record);
      this.#accept(record, response);
    });
  }

  #accept(record: ServerRecord, response: ServerResponse): void {
    this.mostOpen = Math.max(this.mostOpen, ++this.#open);
    response.on('close', () => {
      this.#open--;
      record.abandoned = !response.writableFinished;
    });
    const start = () => {
      this.#running++;
      record.startedUs = monotonicUs();
      response.on('close', () => {
        this.#running--;
        this.#waiting.shift()?.();
      });
      this.#answer(record, response);
    };
    if (this.#running < (this.#options.slots ?? Number.POSITIVE_INFINITY)) start();
    else this.#waiting.push(start);
  }

  #answer(record: ServerRecord, response: ServerResponse): void {
    const { ttftMs = 0, itlMs = 0 } = this.#options;
    const tokens = answerTokens(record);
    const plan: AnswerPlan = { ttftMs, itlMs, tokens, fault: null, ...this.#options.plan?.(record) };
    const { fault } = plan;
    if (fault?.kind === 'status') {
      response.writeHead(fault.code, { 'content-type': 'application/json' }).end(fault.body);
      return;
    }
    const isChat = record.path.endsWith('/chat/completions');
    const usage = fault?.kind === 'no-usage' ? null : { prompt: promptTokens(record.body), tokens: plan.tokens };
    const isFull = plan.tokens >= Number(record.body['max_tokens'] ?? 16);
    if (record.body['stream'] !== true) {
      this.#at(record.startedUs + 1000 * (ttftMs + Math.max(0, plan.tokens - 1) * itlMs), () => {
        if (fault?.kind === 'disconnect') return void response.destroy();
        if (fault?.kind === 'stall') return;
        record.tokenUs.push(monotonicUs());
        response.end(wholeText(isChat, plan, usage, isFull));
      });
      return;
    }
    const options = record.body['stream_options'] as { include_usage?: boolean } | undefined;
    const texts = streamTexts(isChat, plan, options?.include_usage === true ? usage : null, isFull);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    this.#token(0, { record, response, plan, texts });
  }

  #token(k: number, stream: Stream): void {
    const { record, response, plan, texts } = stream;
    const { fault } = plan;
    const dueUs = record.startedUs + 1000 * (plan.ttftMs + k * plan.itlMs);
    this.#at(dueUs, () => {
      if (response.destroyed) return;
      if (fault?.kind === 'stall' && k === fault.afterTokens) return;
      // What was written in this turn goes out at its end.
      if (fault?.kind === 'disconnect' && k === fault.afterTokens) return void setImmediate(() => response.destroy());
      record.tokenUs.push(monotonicUs());
      response.write(texts.token(k));
      if (k + 1 < plan.tokens) this.#token(k + 1, stream);
      else response.end(texts.end);
    });
  }

  /** Never early: timers may end up to a millisecond before their time. */
  #at(dueUs: number, body: () => void): void {
    const leftUs = dueUs - monotonicUs();
    if (leftUs <= 0) {
      body();
      return;
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#at(dueUs, body);
      },
      Math.max(1, Math.ceil(leftUs / 1000)),
    );
    this.#timers.add(timer);
  }
}

interface Stream {
  readonly record: ServerRecord;
  readonly response: ServerResponse;
  readonly plan: AnswerPlan;
  readonly texts: ReturnType<typeof streamTexts>;
}
