import { expect, it } from 'vitest';
import { createSimulator } from '../../../src/simulators/registry.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { parseSearchSpace } from '../../../src/study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../../src/study/plan/strategy-file.ts';
import { parseStudyFile } from '../../../src/study/plan/study-spec.ts';
import { baselineValues, checkHoles, instantiate } from '../../../src/study/plan/template.ts';

const root = new URL('../../../', import.meta.url).pathname;

it.each(['gpu-jobs-ordering', 'gpu-jobs-batching'])(
  'the study %s fits its strategy, space, workload and metrics',
  async (name) => {
    const study = parseStudyFile(readYamlFile(`${root}studies/${name}.yaml`).value);
    const { template } = parseStrategyFile(readYamlFile(`${root}studies/${study.strategy}`).value);
    const space = parseSearchSpace(readYamlFile(`${root}studies/${study.space!}`).value);
    checkHoles(template, space);
    const simulator = await createSimulator(template.simulator);
    const prepared = simulator.prepare({
      config: instantiate(template, space, baselineValues(template, space)),
      workload: readYamlFile(`${root}studies/${study.workload as string}`).value,
    });
    const result = prepared.run({ seed: study.seeds[0]!, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    for (const { metric } of study.objectives!) expect(result.metrics[metric]).toBeGreaterThan(0);
    // Both studies constrain this: today's setting must be feasible.
    expect(result.metrics['completion_rate']).toBe(1);
  },
);
