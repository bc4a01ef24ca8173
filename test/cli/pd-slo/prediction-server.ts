import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Features {
  readonly kv_cache_percentage: number;
  readonly input_token_length: number;
  readonly num_request_waiting: number;
  readonly num_request_running: number;
  readonly num_tokens_generated: number;
  readonly prefix_cache_score: number;
}

export interface Reply {
  readonly status?: number;
  readonly body?: string;
  readonly delayMs?: number;
}

/**
 * A small prediction and training service: the paths and names of llm-d's, the scheduler's rules of thumb as its model.
 * TTFT is that of a prefill pod, or of a decode pod where it was started as one.
 */
export class PredictionServer {
  readonly entries: (Features & { actual_ttft_ms: number; actual_tpot_ms: number })[] = [];
  calls = 0;
  /** What a call gets instead of predictions; null = predictions. */
  misbehave: (call: number) => Reply | null = () => null;
  readonly #stage: 'prefill' | 'decode';
  readonly #server: Server;

  constructor(stage: 'prefill' | 'decode') {
    this.#stage = stage;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends it with all its connections, as a crash does. */
  async kill(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text);
    if (request.url === '/add_training_data_bulk') {
      this.entries.push(...body.entries);
      response.writeHead(202).end(JSON.stringify({ message: `Accepted ${body.entries.length} training samples.` }));
      return;
    }
    if (request.url !== '/predict/bulk/strict') return void response.writeHead(404).end();
    const instead = this.misbehave(this.calls++);
    if (instead?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, instead.delayMs));
    const predictions = (body.requests as Features[]).map((one) => this.#predict(one));
    response.writeHead(instead?.status ?? 200, { 'content-type': 'application/json' });
    response.end(instead?.body ?? JSON.stringify({ predictions, total_requests: predictions.length }));
  }

  #predict(one: Features): { ttft_ms: number; tpot_ms: number } {
    const prefill = 0.5 * one.input_token_length * (1 - one.prefix_cache_score);
    return {
      ttft_ms: this.#stage === 'prefill' ? prefill : 10 * one.num_request_waiting,
      tpot_ms: 20 + 5 * one.num_request_running + 10 * one.kv_cache_percentage,
    };
  }
}
