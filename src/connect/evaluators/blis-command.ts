import type { Json, JsonObject } from '../../base/json.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import type { BlisConfiguration } from '../deploy/export-blis.ts';

/** Figures in `--metrics-path` of BLIS, which have the names and units of the simulated cluster. */
const FIGURES: readonly string[] = [
  ...['ttft', 'e2e', 'itl'].flatMap((name) => ['mean', 'p90', 'p95', 'p99'].map((stat) => `${name}_${stat}_ms`)),
  'scheduling_delay_p99_ms',
  'tokens_per_sec',
  'responses_per_sec',
];

/** A configuration of `command` that measures a point by BLIS, or by any program with its flags. */
export function blisCommand(
  program: string,
  { flags, policy }: BlisConfiguration,
  { workload, metrics }: { readonly workload: Json; readonly metrics: readonly MetricSpec[] },
): JsonObject {
  const told = metrics.filter(({ name }) => FIGURES.includes(name));
  return {
    command: [
      program,
      'run',
      ...flags.flatMap(([flag, value]) => (value === null ? [flag] : [flag, value])),
      ...(policy === null ? [] : ['--policy-config', '${dir}/policy.yaml']),
      ...['--workload-spec', '${dir}/workload.yaml', '--seed', '${seed}', '--metrics-path', '${dir}/metrics.json'],
    ],
    files: { 'workload.yaml': workload, ...(policy === null ? {} : { 'policy.yaml': policy }) },
    result: { file: 'metrics.json' },
    metrics: Object.fromEntries(told.map(({ name, unit, better }) => [name, { unit, better }])),
    time_limit_s: 3600,
  };
}
