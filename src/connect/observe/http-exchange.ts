import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { fetchFailure } from '../../base/fetch-failure.ts';
import {
  type Answer,
  type AnswerReader,
  PlainReader,
  StreamReader,
  type TimedChunks,
  WholeReader,
} from './answer-reader.ts';
import type { Clock } from './clock.ts';

/** One request, ready to be sent. */
export interface Call {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Empty = none. */
  readonly body: string;
  /** `events`: a stream; `json`: a completion in one piece; `plain`: any text. */
  readonly answer: 'events' | 'json' | 'plain';
}

export interface Exchange extends Answer {
  readonly status: 'ok' | 'timeout' | 'error' | 'cancelled';
  /** Why it failed; empty if it did not. */
  readonly message: string;
  readonly sendUs: number;
}

/**
 * Connections to servers, kept open between requests. Node's own client: its events come per piece read from the
 * socket, so that a chunk is timed when it is there; fetch hands several chunks over in one.
 */
export class HttpClient {
  readonly clock: Clock;
  readonly #timed: TimedChunks;
  readonly #signal: AbortSignal;
  readonly #plain = new Agent({ keepAlive: true, noDelay: true });
  readonly #tls = new TlsAgent({ keepAlive: true, noDelay: true });
  readonly #running = new Set<RunningExchange>();
  readonly #cancel = () => {
    for (const exchange of this.#running) exchange.stop('cancelled', 'cancelled');
  };

  /** @param options - `signal` cancels all exchanges under way and those that are asked for later */
  constructor(clock: Clock, options: { readonly timed: TimedChunks; readonly signal: AbortSignal }) {
    this.clock = clock;
    this.#timed = options.timed;
    this.#signal = options.signal;
    this.#signal.addEventListener('abort', this.#cancel);
  }

  /** Never rejects: what fails is an exchange too. @param timeoutMs - for the whole of it */
  async exchange(call: Call, timeoutMs: number): Promise<Exchange> {
    const exchange = new RunningExchange(call, this.#reader(call), this.clock, () => this.#request(call));
    this.#running.add(exchange);
    const ended = exchange.run(timeoutMs);
    if (this.#signal.aborted) exchange.stop('cancelled', 'cancelled');
    try {
      return await ended;
    } finally {
      this.#running.delete(exchange);
    }
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#cancel);
    this.#plain.destroy();
    this.#tls.destroy();
  }

  #reader(call: Call): AnswerReader {
    if (call.answer === 'events') return new StreamReader(this.#timed);
    return call.answer === 'json' ? new WholeReader() : new PlainReader();
  }

  #request({ url, method, headers }: Call): ClientRequest {
    const options = { method, headers };
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: this.#tls })
      : httpRequest(url, { ...options, agent: this.#plain });
  }
}

/** Bytes kept of an answer that is an error. */
const LONGEST_COMPLAINT = 1_000;

class RunningExchange {
  readonly #call: Call;
  readonly #reader: AnswerReader;
  readonly #clock: Clock;
  readonly #create: () => ClientRequest;
  readonly #finished: Promise<Exchange>;
  #resolve: (exchange: Exchange) => void = () => {};
  #request: ClientRequest | null = null;
  #timer: NodeJS.Timeout | undefined;
  #sendUs = 0;
  #isOver = false;
  /** Pieces that came in this turn of the event loop, with their times. */
  #unread: (readonly [piece: Buffer, atUs: number])[] = [];

  constructor(call: Call, reader: AnswerReader, clock: Clock, create: () => ClientRequest) {
    this.#call = call;
    this.#reader = reader;
    this.#clock = clock;
    this.#create = create;
    this.#finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async run(timeoutMs: number): Promise<Exchange> {
    this.#timer = setTimeout(() => this.stop('timeout', `no whole answer within ${timeoutMs / 1000} s`), timeoutMs);
    this.#send('first');
    return await this.#finished;
  }

  stop(status: 'timeout' | 'cancelled', message: string): void {
    this.#end(status, message);
    this.#request?.destroy();
  }

  #send(attempt: 'first' | 'second'): void {
    const request = this.#create();
    this.#request = request;
    let isAnswered = false;
    request.on('response', (response) => {
      isAnswered = true;
      this.#read(response);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A server may close an idle connection at the moment at which it is used again: nobody has seen the request.
      const isStale = attempt === 'first' && request.reusedSocket && !isAnswered && STALE.includes(error.code ?? '');
      if (isStale && !this.#isOver) this.#send('second');
      else
        this.#end(
          'error',
          `HTTP error: ${this.#call.method === 'POST' ? 'Post' : 'Get'} "${this.#call.url}": ${fetchFailure(error)}`,
        );
    });
    // What it takes to put a request together is this program's time, not the server's.
    this.#sendUs = this.#clock.now();
    request.end(this.#call.body);
  }

  #read(response: IncomingMessage): void {
    const isGood = response.statusCode === 200;
    const complaint: Buffer[] = [];
    let kept = 0;
    response.on('data', (piece: Buffer) => {
      if (isGood) this.#keep(piece);
      else if (kept < LONGEST_COMPLAINT) kept += complaint.push(piece) && piece.length;
    });
    response.on('end', () => {
      if (isGood) return this.#end('ok', '');
      const text = Buffer.concat(complaint).subarray(0, LONGEST_COMPLAINT).toString();
      this.#end('error', `HTTP ${response.statusCode}: ${text}`);
    });
    response.on('error', (error) => this.#end('error', `the answer broke off: ${fetchFailure(error)}`));
  }

  /** Reads later what is timed now: what comes for other requests in the same turn is not to wait for it. */
  #keep(piece: Buffer): void {
    if (this.#unread.push([piece, this.#clock.now()]) === 1) setImmediate(() => this.#readKept());
  }

  #readKept(): void {
    const unread = this.#unread;
    this.#unread = [];
    if (!this.#isOver) for (const [piece, atUs] of unread) this.#reader.push(piece, atUs);
  }

  #end(status: Exchange['status'], message: string): void {
    if (this.#isOver) return;
    this.#readKept();
    this.#isOver = true;
    clearTimeout(this.#timer);
    const { fault, ...answer } = this.#reader.finish(this.#clock.now(), status === 'ok');
    const isFaulty = status === 'ok' && fault !== '';
    this.#resolve({
      ...{ ...answer, fault, sendUs: this.#sendUs },
      ...(isFaulty ? { status: 'error', message: fault } : { status, message }),
    });
  }
}

const STALE = ['ECONNRESET', 'EPIPE'];
