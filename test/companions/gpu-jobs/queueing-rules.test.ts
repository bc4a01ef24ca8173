import { expect, test } from 'vitest';
import { checkQueueingRules } from '../../../src/companions/gpu-jobs/queueing-rules.ts';

const checks = checkQueueingRules();

test.each(checks.map((check) => [check.trace.name, check] as const))(
  'the token engine takes the steps that vLLM documents, or those of its known difference: %s',
  (_, { trace, steps, verdict }) => {
    expect(steps).toEqual(trace.known?.steps ?? trace.expected);
    expect(verdict).toBe(trace.known === undefined ? 'as documented' : 'known difference');
  },
);

test('only the moment of a preemption differs', () => {
  expect(checks.filter(({ verdict }) => verdict !== 'as documented').map(({ trace }) => trace.name)).toEqual([
    'preemption',
  ]);
});

test.each(
  checks.flatMap(({ trace: { name, requests, expected, known } }) =>
    [expected, ...(known === undefined ? [] : [known.steps])].map((steps) => [name, requests, steps] as const),
  ),
)(
  'the steps of %s hold what the requests ask for, once, but for what a preemption makes anew',
  (_, requests, steps) => {
    const cells = steps.flatMap((step) => step.split(' '));
    for (const { id, prompt, output } of requests) {
      const chunks = cells.filter((cell) => cell.startsWith(`${id}:`)).map((cell) => Number(cell.split(':')[1]));
      const computed = chunks.reduce((sum, chunk) => sum + chunk, 0);
      const decodes = cells.filter((cell) => cell === id).length;
      // A second prefill repeats the prompt and all output so far, and gives one token more, as the first did.
      const again = computed - prompt;
      expect(decodes + (again > 0 ? 2 : 1)).toBe(output);
      const before = cells.slice(0, cells.lastIndexOf(`${id}:${again}`)).filter((cell) => cell === id).length;
      if (again > 0) expect(again).toBe(prompt + 1 + before);
    }
  },
);
