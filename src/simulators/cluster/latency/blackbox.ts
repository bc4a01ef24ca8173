import { InputError } from '../../../base/errors.ts';
import type { LatencyConfig } from '../engine-config.ts';
import type { LatencyModel } from './latency-model.ts';
import { truncateMicros } from './micros.ts';

/** Linear regression: β0 + β1 · prefill tokens + β2 · decode tokens. */
export class BlackboxLatency implements LatencyModel {
  readonly outputTokenUs: number;
  readonly postDecodeUs = 0;
  #prefillTokens = 0;
  readonly #alpha0: number;
  readonly #alpha1: number;
  readonly #beta0: number;
  readonly #beta1: number;
  readonly #beta2: number;

  constructor(config: Extract<LatencyConfig, { kind: 'blackbox' }>) {
    const { alpha, beta } = config;
    if (alpha.length < 3 || beta.length < 3) {
      throw new InputError(`needs 3 alpha and 3 beta coefficients, got ${alpha.length} and ${beta.length}`);
    }
    [this.#alpha0, this.#alpha1] = [alpha[0]!, alpha[1]!];
    [this.#beta0, this.#beta1, this.#beta2] = [beta[0]!, beta[1]!, beta[2]!];
    this.outputTokenUs = truncateMicros(alpha[2]!);
  }

  queueingUs(inputTokens: number): number {
    return truncateMicros(this.#alpha0 + this.#alpha1 * inputTokens);
  }

  begin(): void {
    this.#prefillTokens = 0;
  }

  addPrefill(_context: number, _inputTokens: number, tokens: number): void {
    this.#prefillTokens += tokens;
  }

  exactUs(contexts: readonly number[], scheduled: number): number {
    return this.stepUs(contexts.length, 0, scheduled);
  }

  /** A decode costs the same at every context. */
  stepUs(decodes: number, _contexts: number, scheduled: number): number {
    if (scheduled === 0) return 1;
    return Math.max(1, truncateMicros(this.#beta0 + this.#beta1 * this.#prefillTokens + this.#beta2 * decodes));
  }
}
