import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { jsonReader } from './json-reader.ts';
import type { Choice, JsonPath } from './json-values.ts';
import { RateClock } from './rate-clock.ts';
import { finiteNumber, tokenCount, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

/** Results of `vllm bench serve --save-result --save-detailed`; with --append-result one run after the other. */
export const vllmBench: TraceFormat = {
  name: 'vllm-bench',
  title: 'result of vllm bench serve',
  shape: 'json',
  keys: [
    ['inputlens', 'outputlens'],
    ['requestthroughput', 'totalinputtokens'],
    ['requestrate', 'numprompts'],
  ],
  needs: 'input_lens, output_lens, ttfts, itls (--save-detailed)',
  inTimeOrder: false,
  open(context) {
    const runs = new Runs(context);
    const reader = jsonReader(context, choose, (value, _line, path) => runs.take(value, path));
    return {
      push: reader.push,
      *end() {
        yield* reader.end();
        yield* runs.end();
      },
    };
  },
};

const SERIES = ['input_lens', 'output_lens', 'ttfts', 'itls', 'errors'] as const;
const SCALARS = ['request_rate', 'burstiness', 'duration', 'model_id', 'max_concurrency'];

/** Members of lists one by one, so that of the gaps between tokens only a sum is kept; generated texts never. */
function choose(path: JsonPath): Choice {
  const key = String(path[1] ?? '');
  if (path.length === 1) return 'enter';
  if (path.length === 2) return SCALARS.includes(key) ? 'take' : 'enter';
  return (SERIES as readonly string[]).includes(key) ? 'take' : 'skip';
}

/** One run: what was said of all requests, and columns by request. */
class Run {
  readonly scalars = new Map<string, Json>();
  readonly input: number[] = [];
  readonly output: number[] = [];
  readonly ttftS: number[] = [];
  readonly gapsS: number[] = [];
  readonly failed: boolean[] = [];

  add(key: string, value: Json | undefined): void {
    if (key === 'input_lens') this.input.push(tokenCount(value) ?? 0);
    else if (key === 'output_lens') this.output.push(tokenCount(value) ?? 0);
    else if (key === 'ttfts') this.ttftS.push(finiteNumber(value) ?? 0);
    else if (key === 'errors') this.failed.push(typeof value === 'string' && value !== '');
    else if (key === 'itls') this.gapsS.push(sum(value));
    else this.scalars.set(key, value ?? null);
  }
}

class Runs {
  readonly #context: ReadContext;
  #number = -1;
  #run: Run | null = null;
  /** When the next run starts, µs: after the ones before. */
  #startUs = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  *take(value: Json | undefined, path: JsonPath): Generator<TraceRequest> {
    if (path[0] !== this.#number) {
      yield* this.end();
      this.#number = path[0] as number;
      this.#run = new Run();
    }
    this.#run!.add(String(path[1]), value);
  }

  *end(): Generator<TraceRequest> {
    const run = this.#run;
    this.#run = null;
    if (run === null) return;
    if (this.#context.options.run !== null && this.#context.options.run !== this.#number) return;
    if (run.input.length === 0) throw this.#totalsOnly();
    const durationS = finiteNumber(run.scalars.get('duration')) ?? 0;
    let lastUs = 0;
    for (const request of this.#requests(run)) {
      lastUs = request.atUs;
      yield request;
    }
    this.#startUs = Math.max(this.#startUs + durationS * 1e6, lastUs);
  }

  *#requests(run: Run): Generator<TraceRequest> {
    const written = run.scalars.get('request_rate');
    const rate = written === 'inf' ? Number.POSITIVE_INFINITY : finiteNumber(written);
    const clock = new RateClock(this.#context, 'requests', rate, finiteNumber(run.scalars.get('burstiness')) ?? 1);
    const model = run.scalars.get('model_id');
    const { keepFailed, keepModels } = this.#context.options;
    for (const [index, input] of run.input.entries()) {
      const atUs = this.#startUs + clock.next();
      const ttft = run.ttftS[index] ?? 0;
      const failed = run.failed[index] === true;
      if (failed && !keepFailed) {
        this.#context.dropped.add('failed request');
        continue;
      }
      const e2eUs = Math.round((ttft + (run.gapsS[index] ?? 0)) * 1e6);
      const request = withTokens(this.#context, 0, {
        atUs,
        inputTokens: input,
        outputTokens: run.output[index] ?? 0,
        ...(failed || ttft <= 0 ? {} : { measured: { lateUs: 0, ttftUs: Math.round(ttft * 1e6), e2eUs } }),
        fields: { streaming: true, ...(keepModels && typeof model === 'string' ? { model } : {}) },
      });
      if (request !== null) yield request;
    }
  }

  #totalsOnly(): InputError {
    return new InputError('holds totals only, no lengths of single requests', {
      position: { file: this.#context.file },
      suggestion: 'measure again with `vllm bench serve --save-result --save-detailed`',
    });
  }
}

function sum(value: Json | undefined): number {
  if (!Array.isArray(value)) return finiteNumber(value) ?? 0;
  let total = 0;
  for (const item of value) total += finiteNumber(item) ?? 0;
  return total;
}
