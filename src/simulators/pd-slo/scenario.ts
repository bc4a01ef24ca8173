import { unknownName } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';

const HALVED_CLASSES = [
  { name: 'critical', share: 0.2, ttft_ms: 125, tpot_ms: 20, priority: 1 },
  { name: 'standard', share: 0.5, ttft_ms: 250, tpot_ms: 30, priority: 0 },
  { name: 'sheddable', share: 0.3, ttft_ms: 500, tpot_ms: 50, priority: -1 },
];

/** Named starting points of a configuration; what is not named has the schema's default. */
const SCENARIOS = {
  balanced: {},
  strict: { workload: { classes: HALVED_CLASSES } },
  slow_net: { transfer: { kind: 'fixed', ms: 40 } },
  many_pairs: {
    pool: { prefill: new Array<number>(10).fill(1), decode: new Array<number>(10).fill(1) },
    workload: { rate: 80 },
  },
  overload: { workload: { rate: 35 } },
} satisfies Readonly<Record<string, JsonObject>>;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly (keyof typeof SCENARIOS)[];

/** @throws InputError naming the known scenarios */
export function scenarioConfig(name: string, path: readonly (string | number)[]): JsonObject {
  const known = SCENARIO_NAMES.find((scenario) => scenario === name);
  if (known === undefined) throw unknownName('scenario', name, SCENARIO_NAMES, { path });
  return SCENARIOS[known];
}
