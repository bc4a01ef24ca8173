import type { ArrivalProcess } from '../../simulators/gpu-jobs/arrival-process.ts';
import type { CountLaw } from '../../simulators/gpu-jobs/count-law.ts';

/** One trace on one instance, served by both engines under the same limits. */
export interface ValidationCase {
  readonly name: string;
  readonly title: string;
  readonly arrivals: ArrivalProcess;
  readonly prompt: CountLaw;
  readonly output: CountLaw;
  /** Tokens that all prompts of a group share; 0 = nothing shared. */
  readonly sharedTokens: number;
  readonly kvBlocks: number;
  readonly tokenBudget: number;
  readonly prefillChunk: number;
  readonly stepTimes: 'linear' | 'roofline';
  /** The token engine may find a preempted request's own prompt blocks in the prefix cache. */
  readonly ownPrefixes: boolean;
  /** Why the engines agree or differ here. */
  readonly explanation: string;
}

const uniform = (min: number, max: number): CountLaw => ({ kind: 'uniform', min, max });

const poisson = (rate: number): ArrivalProcess => ({ kind: 'poisson', rate });

const AMPLE: Omit<ValidationCase, 'name' | 'title' | 'explanation'> = {
  arrivals: poisson(3),
  prompt: uniform(50, 400),
  output: uniform(10, 120),
  sharedTokens: 0,
  kvBlocks: 20_000,
  tokenBudget: 2048,
  prefillChunk: 512,
  stepTimes: 'linear',
  ownPrefixes: false,
};

export const VALIDATION_CASES: readonly ValidationCase[] = [
  {
    ...AMPLE,
    name: 'ample',
    title: 'Ample memory and budget',
    explanation:
      'Step times are the same function in both engines (1 ms per prefill token, 0.2 ms per decoding request), nothing ' +
      'is scarce, and both serve first come first served with chunked prefill. Requests agree to the microsecond, with ' +
      'one exception: in the cluster simulator, as in its reference, the effects of a step are visible at its start, so ' +
      'that a request which arrives during the very last step of a busy period starts at once instead of waiting for ' +
      'the rest of that step (a fraction of a millisecond, about one request in a thousand here; none on this seed ' +
      'if all are equal).',
  },
  {
    ...AMPLE,
    name: 'tight-budget',
    title: 'Token budget barely above one prefill chunk',
    arrivals: poisson(6),
    prompt: { kind: 'pareto', scale: 2, alpha: 0.9, min: 2, max: 4000 },
    tokenBudget: 260,
    prefillChunk: 256,
    explanation:
      'The token engine gives every decoding request its token before any prefill chunk; the cluster simulator walks the ' +
      'batch in order of admission, so that a long prompt admitted earlier takes its chunk first. Under first come first ' +
      'served this hardly shows: a request can only come to decode behind an unfinished prefill with what that prefill ' +
      'leaves of the budget, here 4 tokens per step, and with no more than 4 such requests all get their tokens in both. ' +
      'Where one gets none in a step, the cluster simulator leaves that step out of its end-to-end time. A request that is ' +
      'apart by less than a step arrived during the last step of a busy period, as above.',
  },
  {
    ...AMPLE,
    name: 'shared-prefix',
    title: 'Shared prompt prefix, bursts of four',
    sharedTokens: 256,
    arrivals: { kind: 'burst', size: 4, interval: 2, jitter: 0 },
    explanation:
      'Both share full blocks of a common prefix and always compute the last prompt token. The cluster simulator makes ' +
      'the blocks of a prompt findable when it is admitted, so that a request admitted in the same step already hits ' +
      'them; the token engine publishes a block when it has been computed. The four requests of the first burst compute ' +
      'the prefix once in one engine and four times in the other; all later ones find it and agree.',
  },
  {
    ...AMPLE,
    name: 'kv-pressure',
    title: 'KV memory for a few requests',
    kvBlocks: 60,
    explanation:
      'Both preempt the latest arrival when no block is left, and both recompute, but four rules differ. (1) The cluster ' +
      "simulator finds a preempted request's own prompt blocks in its prefix cache, so that a second prefill is nearly " +
      'free; the token engine caches declared prefixes only and pays 1 ms per token again. (2) The token engine keeps the ' +
      'output produced so far and prefills prompt and output; the cluster simulator drops the output and decodes it anew ' +
      '(more steps). (3) A second prefill overwrites the first token time in the cluster simulator; in the token engine ' +
      'the first token, once delivered, counts. (4) Blocks of a request that ends are free at the start of its last step ' +
      'in the cluster simulator, at its end in the token engine. The next case takes (1) away.',
  },
  {
    ...AMPLE,
    name: 'kv-pressure-own-prefix',
    title: 'KV memory for a few requests, own prompts cached',
    kvBlocks: 60,
    ownPrefixes: true,
    explanation:
      'The same trace, with every prompt declared as a prefix of its own, so that the token engine also finds the blocks ' +
      'of a preempted prompt. What remains are rules (2) to (4).',
  },
  {
    ...AMPLE,
    name: 'roofline',
    title: 'Roofline step times, Llama-3.1-8B on one H100',
    arrivals: poisson(6),
    prompt: uniform(100, 2000),
    output: uniform(20, 300),
    stepTimes: 'roofline',
    explanation:
      'Same rules, different cost models. The cluster simulator follows its reference: per layer the attention matrices ' +
      'and two of the three feed-forward matrices, no embeddings, 5.1 billion parameters in all. The token engine counts ' +
      'all 8 billion: it reads 16 GB of weights per decode step instead of 10.2 GB and computes 2 FLOPs for each. The ' +
      'ratio 0.64 of the two counts is about the ratio of the latencies (a published rule of thumb for a decode step ' +
      'without context, parameters × 2 bytes over bandwidth, is the larger one: 4.78 ms). Smaller differences: vector ' +
      'operations, decode arithmetic charged at 30 % of the peak, steps truncated to microseconds.',
  },
];
