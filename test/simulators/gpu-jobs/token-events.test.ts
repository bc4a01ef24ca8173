import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import { NAMED_ORDERINGS } from '../../../src/simulators/gpu-jobs/ordering.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import type { TokenConfig } from '../../../src/simulators/gpu-jobs/token-config.ts';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';
import { EVENT_KINDS, type LoggedEvent } from '../../../src/simulators/gpu-jobs/token-log.ts';
import { tokenMetrics } from '../../../src/simulators/gpu-jobs/token-metrics.ts';
import type { TokenScheduler } from '../../../src/simulators/gpu-jobs/token-scheduler.ts';
import type { TokenTask } from '../../../src/simulators/gpu-jobs/token-task.ts';
import { job, tokenConfig } from './token-cases.ts';

function log(config: TokenConfig, tasks: readonly Task[]): readonly LoggedEvent[] {
  return simulateTokens(config, tasks, { logEvents: true }).events;
}

const story = (events: readonly LoggedEvent[]): string[] =>
  events.map(({ time, kind, task, tokens }) =>
    [Number(time.toFixed(6)), kind, task, tokens].filter((part) => part !== undefined).join(' '),
  );

describe('two phases', () => {
  it('a task goes from arrival through prefill chunks and decode steps to its end', () => {
    expect(story(log(tokenConfig({ prefill_chunk: 300 }), [job('a', 500, 3)]))).toEqual([
      '0 TASK_ARRIVAL a',
      '0 PREFILL_START a',
      '0.3 PREFILL_TOKEN a 300',
      '0.5 PREFILL_COMPLETE a 200',
      '0.5 DECODE_START a',
      '0.5002 DECODE_TOKEN a 1',
      '0.5004 DECODE_TOKEN a 1',
      '0.5004 TASK_COMPLETE a',
    ]);
  });

  it('a task without output ends with its prefill', () => {
    const result = simulateTokens(tokenConfig(), [job('a', 500, 0)]);
    expect(result.tasks[0]).toMatchObject({ stage: 'done', generated: 0, completion: 0.5 });
  });

  it('a decode-only task starts from an empty context and takes one step per token', () => {
    const [task] = simulateTokens(tokenConfig(), [job('a', 0, 10)]).tasks;
    expect([task!.firstToken, task!.completion]).toEqual([expect.closeTo(0.0002, 12), expect.closeTo(0.002, 12)]);
  });

  it('an empty task ends when it starts, and holds no memory afterwards', () => {
    const result = simulateTokens(tokenConfig(), [job('busy', 100, 2), job('empty', 0, 0, { arrival: 0.05 })]);
    expect(result.tasks[1]).toMatchObject({ stage: 'done', start: 0.1, completion: 0.1 });
    expect(result.instances[0]!.memory.pool.used).toBe(0);
    const alone = simulateTokens(tokenConfig(), [job('empty', 0, 0, { arrival: 2 })]);
    expect(alone.tasks[0]).toMatchObject({ stage: 'done', completion: 2 });
  });
});

describe('continuous batching', () => {
  it('a short request admitted next to a long one leaves first and frees its place at once', () => {
    const tasks = [job('long', 100, 200), job('short', 100, 5), job('third', 100, 5)];
    const { tasks: done } = simulateTokens(tokenConfig({ max_batch_size: 2 }), tasks);
    expect(done[1]!.completion).toBeLessThan(done[0]!.completion);
    // The third starts at the very boundary at which the second ended: a static batch would have held it.
    expect(done[2]!.start).toBe(done[1]!.completion);
    expect(done[2]!.completion).toBeLessThan(done[0]!.completion);
  });

  it('decodes go first within the token budget, then running prefills, then admissions', () => {
    const tasks = [job('a', 64, 50), job('b', 200, 5, { arrival: 0.001 }), job('c', 100, 5, { arrival: 0.002 })];
    const seen: number[][] = [];
    simulateTokens(tokenConfig({ max_num_batched_tokens: 64 }), tasks, {
      onIteration: (_, iteration) => {
        const chunk = (id: string) => iteration.prefill.find(({ task }) => task.id === id)?.chunk ?? 0;
        seen.push([iteration.decode.length, chunk('a'), chunk('b'), chunk('c')]);
      },
    });
    expect(seen.slice(0, 6)).toEqual([
      [0, 64, 0, 0],
      [1, 0, 63, 0],
      [1, 0, 63, 0],
      [1, 0, 63, 0],
      [1, 0, 11, 52],
      [2, 0, 0, 48],
    ]);
  });

  it('first come first served does not let a small task pass one that does not fit', () => {
    const tasks = [job('a', 300, 50), job('big', 600, 2), job('small', 16, 2)];
    const starts = (keys: Readonly<Record<string, Json>>) =>
      simulateTokens(tokenConfig({ kv_blocks: 40, ...keys }), tasks).tasks.map(({ start }) => start);
    const [, big, small] = starts({});
    expect(small).toBe(big);
    expect(starts({ allow_skip: true })[2]).toBe(0);
  });

  it('a strict ordering does not skip even where skipping is allowed', () => {
    const tasks = [job('a', 300, 50), job('big', 600, 2, { weight: 5 }), job('small', 16, 2)];
    const strict = NAMED_ORDERINGS['StrictWeightedFIFO']!;
    const weighted = NAMED_ORDERINGS['WeightedFIFO']!;
    const small = (ordering: typeof strict) =>
      simulateTokens(tokenConfig({ kv_blocks: 40, allow_skip: true }, ordering), tasks).tasks[2]!.start;
    expect(small(strict)).toBeGreaterThan(small(weighted));
  });
});

describe('order at one instant', () => {
  it('ranks completions, then batches, then tokens, starts and arrivals', () => {
    expect(EVENT_KINDS).toEqual([
      'TASK_COMPLETE',
      'PREFILL_COMPLETE',
      'BATCH_DECODE',
      'DECODE_TOKEN',
      'PREFILL_TOKEN',
      'DECODE_START',
      'PREFILL_START',
      'TASK_ARRIVAL',
      'SCHEDULE',
    ]);
  });

  it('handles a prefill end before the decode step, then starts and arrivals, and all of them before planning', () => {
    const tasks = [
      job('a', 100, 20),
      job('b', 100, 2, { arrival: 0.1 }),
      job('c', 50, 1, { arrival: 0.1 + (0.1 + 1 / 5000) }),
    ];
    const events = log(tokenConfig({ prefill_chunk: 100 }), tasks);
    const at = (time: number) => story(events.filter((event) => Math.abs(event.time - time) < 1e-9));
    expect(at(0.2002)).toEqual([
      '0.2002 PREFILL_COMPLETE b 100',
      '0.2002 DECODE_TOKEN a 1',
      '0.2002 DECODE_START b',
      '0.2002 TASK_ARRIVAL c',
      '0.2002 PREFILL_START c',
    ]);
  });

  it('sees all tasks that arrive together, so that the ordering matters', () => {
    const tasks = [job('long', 1000, 1), job('short', 100, 1)];
    const order = (name: string) =>
      simulateTokens(tokenConfig({ max_batch_size: 1 }, NAMED_ORDERINGS[name]!), tasks).tasks.map(({ start }) => start);
    expect(order('FIFO')).toEqual([0, 1]);
    expect(order('SRPT')[1]).toBe(0);
  });

  it('an arrival window gathers more tasks before an idle instance plans', () => {
    const tasks = [job('long', 1000, 1), job('short', 100, 1, { arrival: 0.05 })];
    const starts = (window: number) =>
      simulateTokens(
        tokenConfig({ max_batch_size: 1, arrival_window: window }, NAMED_ORDERINGS['SRPT']!),
        tasks,
      ).tasks.map(({ start }) => start);
    expect(starts(0)[0]).toBe(0);
    const [long, short] = starts(0.1);
    expect([short, long]).toEqual([0.1, expect.closeTo(0.2, 12)]);
  });
});

describe('scheduler hooks', () => {
  it('tell a scheduler of its own about every task, and its choice rules', () => {
    const calls: string[] = [];
    class LastFirst implements TokenScheduler {
      readonly #stack: TokenTask[] = [];
      get length(): number {
        return this.#stack.length;
      }
      enqueue(task: TokenTask): void {
        this.#stack.push(task);
      }
      selectNext(): TokenTask | null {
        return this.#stack.at(-1) ?? null;
      }
      dequeue(): TokenTask {
        return this.#stack.pop()!;
      }
      order(): void {}
      displaces(): boolean {
        return false;
      }
      onArrival = ({ task }: TokenTask): void => void calls.push(`arrival ${task.id}`);
      onPrefillComplete = ({ task }: TokenTask): void => void calls.push(`prefill ${task.id}`);
      onDecodeReady = ({ task }: TokenTask): void => void calls.push(`decode ${task.id}`);
      onComplete = ({ task }: TokenTask): void => void calls.push(`complete ${task.id}`);
    }
    simulateTokens(tokenConfig({ max_batch_size: 1 }), [job('a', 10, 2), job('b', 10, 2)], {
      scheduler: () => new LastFirst(),
    });
    expect(calls).toEqual([
      'arrival a',
      'arrival b',
      'prefill b',
      'decode b',
      'complete b',
      'prefill a',
      'decode a',
      'complete a',
    ]);
  });
});

describe('several instances', () => {
  it('a task goes to the instance of its model with the least outstanding tokens, ties to the lowest', () => {
    const tasks = [job('a', 1000, 10), job('b', 100, 10), job('c', 100, 10), job('d', 5, 5, { model: 'Mistral-7B' })];
    const placement = [
      { model: 'Llama3-8B', count: 2 },
      { model: 'Mistral-7B', count: 1 },
    ];
    const { tasks: placed } = simulateTokens(tokenConfig({ placement }, NAMED_ORDERINGS['FIFO']!, 'h100_3gpu'), tasks);
    expect(placed.map(({ instance }) => instance)).toEqual([0, 1, 1, 2]);
  });

  it('auto placement fills the cluster for one model and shares GPUs by offered FLOPs for several', () => {
    const of = (cluster: string, tasks: readonly Task[]) =>
      simulateTokens(tokenConfig({}, NAMED_ORDERINGS['FIFO']!, cluster), tasks).instances.map(
        ({ hardware }) => `${hardware.model.name}/${hardware.tp}`,
      );
    expect(of('h100_7gpu', [job('a', 10, 1, { model: 'Qwen3', tp: 2 })])).toEqual(Array(3).fill('Qwen3/2'));
    const mix = [job('a', 10_000, 1, { model: 'Qwen3', tp: 2 }), job('b', 10_000, 1, { model: 'Llama3-8B', tp: 1 })];
    const counts = of('h100_10gpu', mix);
    // Offered FLOPs 1.2 : 0.32, so about 7.9 of 10 GPUs for Qwen3.
    expect(counts.filter((name) => name === 'Qwen3/2').length).toBe(4);
    expect(counts.filter((name) => name === 'Llama3-8B/1').length).toBe(2);
  });

  it('refuses a model without an instance and a placement without room', () => {
    const run = (keys: Readonly<Record<string, Json>>, task: Task) => () => simulateTokens(tokenConfig(keys), [task]);
    expect(run({ placement: [{ model: 'Mistral-7B' }] }, job('a', 1, 1))).toThrow(
      /no instance serves model "Llama3-8B"/,
    );
    expect(run({ placement: [{ model: 'Llama3-8B', count: 2 }] }, job('a', 1, 1))).toThrow(/no 1 free GPUs/);
    expect(run({}, job('a', 1, 1, { model: 'Llama3-70B', tp: 1 }))).toThrow(/needs 140 GB per GPU.*has 80 GB/);
    expect(run({ gpu_memory_utilization: 0.2 }, job('a', 1, 1))).toThrow(/no KV memory left/);
  });
});

describe('the end of the simulation', () => {
  const tasks = [job('short', 100, 5), job('long', 9000, 5)];
  const until = (maxTime: number) =>
    simulateTokens({ ...tokenConfig(), maxTime }, tasks, { logIterations: true, logEvents: true });

  it('cuts an iteration off: its work does not count', () => {
    const result = until(3);
    const measured = tokenMetrics(result);
    expect([measured.completedCount, measured.makespan]).toEqual([1, expect.closeTo(2.6608, 9)]);
    // Short and 512 of long in 0.612 s, then four decode steps with chunks of 512.
    const { counters, lastEnd } = result.instances[0]!;
    expect([counters.iterations, counters.prefillTokens, lastEnd]).toEqual([5, 2660, expect.closeTo(2.6608, 9)]);
    expect(measured.gpuUtilization).toBeCloseTo(1, 9);
    expect(result.iterations.length).toBe(5);
  });

  it('counts work after the last completion', () => {
    const measured = tokenMetrics(until(5));
    expect(measured.makespan).toBeCloseTo(2.6608, 9);
    // Four more chunks of 512 tokens, 2.048 s.
    expect(measured.prefillTokensPerSecond).toBeCloseTo((2660 + 4 * 512) / (2.6608 + 4 * 0.512), 6);
    expect(measured.gpuUtilization).toBeCloseTo(1, 9);
  });

  it('is measured even when no task completed', () => {
    const measured = tokenMetrics(until(0.7));
    expect([measured.completedCount, measured.makespan]).toEqual([0, 0]);
    expect(measured.prefillTokensPerSecond).toBeCloseTo(1000, 6);
  });
});
