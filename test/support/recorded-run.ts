import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSimulator } from '../../src/simulators/registry.ts';
import type { PolicyModule } from '../../src/simulators/simulator.ts';
import { evaluateTask, evaluationSetup } from '../../src/study/evaluation.ts';
import { loadPolicies } from '../../src/study/io/load-policy.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { type Evaluate, joinReplicates } from '../../src/study/trial.ts';
import { temporaryFolder } from './command-line.ts';

/** Recorded by version 0.1.0. */
export const JOURNALS = new URL('../fixtures/journals-0.1/', import.meta.url).pathname;
const PUBLIC_ENTRY = new URL('../../src/policy.ts', import.meta.url).href;

/** Policy modules of version 0.1.0, with what they import from the program taken from today's public entry. */
export async function oldPolicies(names: readonly string[]): Promise<readonly PolicyModule[]> {
  const folder = temporaryFolder();
  try {
    mkdirSync(join(folder, 'policies'));
    for (const file of readdirSync(join(JOURNALS, 'policies'))) {
      const text = readFileSync(join(JOURNALS, 'policies', file), 'utf8');
      const mapped = text.replaceAll(/from '\.\.\/\.\.\/src\/[^']+'/g, `from '${PUBLIC_ENTRY}'`);
      writeFileSync(join(folder, 'policies', file.replace(/\.txt$/, '')), mapped);
    }
    return await loadPolicies(names.map((name) => join(folder, 'policies', name.split('/').at(-1)!)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Evaluates in this thread. */
export async function evaluatorOf(plan: StudyPlan, policies: readonly PolicyModule[]): Promise<Evaluate> {
  const simulator = await createSimulator(plan.simulator);
  const setup = evaluationSetup(plan);
  return async (values, seeds, { fidelity = 1 } = {}) =>
    joinReplicates(
      seeds,
      seeds.map((seed) => evaluateTask(simulator, setup, { values, seed, fidelity }, policies)),
    );
}
