import { describe, expect, it } from 'vitest';
import { describeInputError, type InputError } from '../../../src/base/errors.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { parseJobsConfig } from '../../../src/simulators/gpu-jobs/config.ts';
import { generateTasks, PRESETS } from '../../../src/simulators/gpu-jobs/generator.ts';
import {
  hookedSchedulers,
  type SchedulerHooks,
  type TaskView,
} from '../../../src/simulators/gpu-jobs/scheduler-hooks.ts';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';

const SHAPE = {
  phases: 'both',
  prefill: { kind: 'uniform', min: 20, max: 400 },
  decode: { kind: 'uniform', min: 5, max: 60 },
} as const;
const tasks = generateTasks(
  { ...PRESETS['low']!, ...SHAPE, count: 40, arrivals: { kind: 'poisson', rate: 8 }, models: { 'Llama3-8B': 1 } },
  7,
).map((task) => ({ ...task, tp: 1 }));

/** Completions of a busy instance with little memory. */
function completions(settings: JsonObject, hooks?: () => SchedulerHooks): readonly number[] {
  const config = parseJobsConfig({ engine: 'token', cluster: 'h100_1gpu', kv_blocks: 60, ...settings }, []);
  if (config.engine !== 'token') throw new RangeError('asked for the token engine');
  const options = hooks === undefined ? {} : { scheduler: hookedSchedulers(hooks, 'mine.mjs') };
  return simulateTokens(config.token, tasks, options).tasks.map(({ completion }) => completion);
}

const heavier = (a: TaskView, b: TaskView): number => b.weight - a.weight || a.arrival - b.arrival;

describe('a scheduler of hooks', () => {
  it('without any hook is first come, first served', () => {
    expect(completions({}, () => ({}))).toEqual(completions({ ordering: 'FIFO' }));
  });

  it('may be what a named ordering is, with preemption', () => {
    const hooks = (): SchedulerHooks => ({
      selectNext: (waiting) => waiting.indexOf([...waiting].sort(heavier)[0]!),
      order: (running) => [...running].sort(heavier).map(({ id }) => id),
      displaces: (waiting, running) => waiting.weight > running.weight * 1.2,
    });
    const expected = completions({ ordering: 'WeightedFIFO', preempt: true });
    expect(completions({ preempt: true }, hooks)).toEqual(expected);
    expect(expected).not.toEqual(completions({ ordering: 'FIFO', preempt: true }));
  });

  it('is told of arrivals, prefills, decodes and ends in order of time', () => {
    const told: [string, string, number][] = [];
    const note = (hook: string) => (task: TaskView, time: number) => told.push([task.id, hook, time]);
    completions({}, () => ({
      onArrival: note('arrival'),
      onPrefillComplete: note('prefill'),
      onDecodeReady: note('decode'),
      onComplete: note('end'),
    }));
    const mine = told.filter(([id]) => id === tasks[3]!.id);
    expect([mine[0]![1], mine.at(-1)![1]]).toEqual(['arrival', 'end']);
    expect(mine[0]![2]).toBe(tasks[3]!.arrival);
    expect(told.every(([, , time], i) => i === 0 || time >= told[i - 1]![2])).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['no function', { selectNext: 1 }, /mine\.mjs: the default export must be a function/],
    ['nothing', () => null, /must return an object of hooks/],
    ['an unknown hook', () => ({ select: () => 0 }), /"select" is no hook of a scheduler/],
    ['a hook that is none', () => ({ order: 'fifo' }), /the hook order must be a function/],
    [
      'a place outside of the queue',
      () => ({ selectNext: () => 1e6 }),
      /selectNext must return a place from 0 to \d+, got/,
    ],
    [
      'a task twice',
      () => ({ order: (r: TaskView[]) => r.map(() => r[0]!.id) }),
      /ids of all running tasks, each once/,
    ],
    [
      'an exception',
      () => ({
        selectNext: () => {
          throw new Error('no\nway');
        },
      }),
      /the hook selectNext throws: no$/m,
    ],
  ])('that exports %s is refused by name', (_, create, message) => {
    let told = '';
    try {
      completions({}, create as () => SchedulerHooks);
    } catch (error) {
      told = describeInputError(error as InputError);
    }
    expect(told).toMatch(message);
  });
});
