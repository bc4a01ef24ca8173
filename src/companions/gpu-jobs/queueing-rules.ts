import { parseTokenConfig } from '../../simulators/gpu-jobs/config.ts';
import { simulateTokens } from '../../simulators/gpu-jobs/token-engine.ts';
import type { TokenTask } from '../../simulators/gpu-jobs/token-task.ts';
import { plainTask } from './plain-task.ts';

/** Where vLLM says how it schedules. */
export const VLLM_RULES_ADDRESS = 'https://docs.vllm.ai/en/latest/configuration/optimization.html';

interface RuleRequest {
  readonly id: string;
  readonly prompt: number;
  readonly output: number;
  /** Milliseconds; default: 0. */
  readonly arrival?: number;
}

/**
 * A trace that can be followed by hand, and what vLLM's documented rule makes of it without prefix caching: one text a
 * step, `A` for a decoded token of A and `B:6` for a chunk of six prompt tokens of B.
 */
export interface RuleTrace {
  readonly name: string;
  readonly rule: string;
  readonly requests: readonly RuleRequest[];
  /** max_num_batched_tokens, long-prefill threshold, max_num_seqs, blocks of four tokens. */
  readonly tokens: number;
  readonly chunk: number;
  readonly sequences: number;
  readonly blocks: number;
  readonly expected: readonly string[];
  /** Where the token engine is known to do otherwise, and why. */
  readonly known?: { readonly steps: readonly string[]; readonly why: string };
}

const AMPLE = { tokens: 64, chunk: 64, sequences: 8, blocks: 100 };

const RULE_TRACES: readonly RuleTrace[] = [
  {
    ...AMPLE,
    name: 'decode-first',
    rule: 'All pending decodes come before any prefill, also before one that was admitted earlier.',
    requests: [
      { id: 'L', prompt: 12, output: 1 },
      { id: 'S', prompt: 1, output: 3 },
    ],
    tokens: 4,
    chunk: 3,
    expected: ['L:3 S:1', 'S L:3', 'S L:3', 'L:3'],
  },
  {
    ...AMPLE,
    name: 'chunks',
    rule: 'Prefills take what decodes leave of the token budget; one that does not fit is cut.',
    requests: [
      { id: 'A', prompt: 4, output: 3 },
      { id: 'B', prompt: 4, output: 1 },
      { id: 'C', prompt: 9, output: 1 },
    ],
    tokens: 10,
    expected: ['A:4 B:4 C:2', 'A C:7', 'A'],
  },
  {
    ...AMPLE,
    name: 'order-of-arrival',
    rule: 'First come, first served: the order of arrival counts, not that of the list.',
    requests: [
      { id: 'A', prompt: 4, output: 1, arrival: 1 },
      { id: 'B', prompt: 4, output: 2 },
    ],
    tokens: 4,
    expected: ['B:4', 'B A:3', 'A:1'],
  },
  {
    ...AMPLE,
    name: 'sequences',
    rule: 'No more than max_num_seqs requests at once; the next comes in when one ends.',
    requests: [
      { id: 'A', prompt: 4, output: 3 },
      { id: 'B', prompt: 4, output: 1 },
      { id: 'C', prompt: 4, output: 1 },
    ],
    sequences: 2,
    expected: ['A:4 B:4', 'A C:4', 'A'],
  },
  {
    ...AMPLE,
    name: 'no-overtaking',
    rule: 'A request for whose blocks there is no room holds back those behind it, even smaller ones.',
    requests: [
      { id: 'A', prompt: 12, output: 2 },
      { id: 'B', prompt: 16, output: 1 },
      { id: 'C', prompt: 2, output: 1 },
    ],
    blocks: 6,
    expected: ['A:12', 'A', 'B:16 C:2'],
  },
  {
    ...AMPLE,
    name: 'preemption',
    rule:
      'Without a free block the request that arrived last is preempted. It goes ahead of those waiting, and computes its ' +
      'prompt and what it had generated anew.',
    requests: [
      { id: 'A', prompt: 6, output: 8 },
      { id: 'B', prompt: 6, output: 4 },
      { id: 'C', prompt: 2, output: 1 },
    ],
    sequences: 2,
    blocks: 4,
    expected: ['A:6 B:6', 'A B', 'A B', 'A', 'A', 'A', 'A', 'A', 'B:9 C:2'],
    known: {
      steps: ['A:6 B:6', 'A B', 'A', 'A', 'A', 'A', 'A', 'A', 'B:8 C:2', 'B'],
      why:
        'the same order, one step early: a block is asked for while the token before it is computed, as the reference ' +
        'figures of the engine have it',
    },
  },
];

export interface RuleCheck {
  readonly trace: RuleTrace;
  /** What the token engine did, in the notation of `expected`. */
  readonly steps: readonly string[];
  readonly verdict: 'as documented' | 'known difference' | 'differs';
}

/** Every trace through the token engine. */
export function checkQueueingRules(): readonly RuleCheck[] {
  return RULE_TRACES.map((trace) => {
    const steps = tokenSteps(trace);
    const equals = (other: readonly string[] | undefined): boolean => steps.join('\n') === other?.join('\n');
    const verdict = equals(trace.expected)
      ? 'as documented'
      : equals(trace.known?.steps)
        ? 'known difference'
        : 'differs';
    return { trace, steps, verdict };
  });
}

function tokenSteps({ requests, tokens, chunk, sequences, blocks }: RuleTrace): readonly string[] {
  const config = parseTokenConfig(
    {
      cluster: 'h100_1gpu',
      ordering: 'FIFO',
      perf: { kind: 'fixed', eta: 0 },
      prefix_cache: false,
      block_size: 4,
      kv_blocks: blocks,
      max_batch_size: sequences,
      max_num_batched_tokens: tokens,
      prefill_chunk: chunk,
    },
    ['config'],
  );
  const tasks = requests.map(({ id, prompt, output, arrival = 0 }) =>
    plainTask({ id, model: 'Llama3-8B', tp: 1, arrival: arrival / 1000, prompt, output }),
  );
  const steps: string[] = [];
  const name = ({ task }: TokenTask): string => task.id;
  simulateTokens(config, tasks, {
    onIteration: (_, { decode, prefill }) =>
      steps.push([...decode.map(name), ...prefill.map((state) => `${name(state)}:${state.chunk}`)].join(' ')),
  });
  return steps;
}
