import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Evidence } from '../../../src/optimizer/sampler/sampler.ts';
import type { Parameter, ParameterValues } from '../../../src/optimizer/space/parameter.ts';
import type { Proposer } from './run-problem.ts';

/** Another optimizer in a process of its own that speaks the ask-tell protocol; one process serves one run. */
export function peerProposer(python: string, name: string): Proposer & { stop(): void } {
  const script = new URL('peers.py', import.meta.url).pathname;
  const child = spawn(python, [script, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let asked = -1;
  const call = async (request: object): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended without an answer to ${JSON.stringify(request)}`);
    return JSON.parse(value as string) as Record<string, unknown>;
  };
  return {
    propose: async (evidence, { seed }) => {
      if (asked < 0) await call(setupOf(evidence, seed));
      const last = evidence.observations.at(-1);
      if (last !== undefined) await call({ op: 'tell', id: asked, values: last.losses, constraints: last.slacks });
      const { id, params } = await call({ op: 'ask' });
      asked = id as number;
      return [params as ParameterValues];
    },
    stop: () => {
      child.stdin.end();
    },
  };
}

function setupOf({ space, objectiveCount, constraintCount, budget }: Evidence, seed: number): object {
  const objectives = Array.from({ length: objectiveCount }, (_, j) => ({ name: `f${j}`, direction: 'minimize' }));
  return { op: 'init', space: space.parameters.map(entryOf), objectives, constraints: constraintCount, seed, budget };
}

function entryOf(parameter: Parameter): object {
  const { name, kind } = parameter;
  if (kind === 'categorical') return { name, type: 'categorical', choices: parameter.choices };
  if (kind !== 'real' && kind !== 'integer') throw new RangeError(`${name}: no other optimizer here knows ${kind}`);
  return { name, type: kind === 'real' ? 'float' : 'int', low: parameter.low, high: parameter.high };
}
