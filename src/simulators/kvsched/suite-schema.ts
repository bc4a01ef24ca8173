import { z } from 'zod';
import { nameText, onOff, orElse } from '../../document/schema-parts.ts';
import { heuristicWeights, policySettings, scheduler, seed, ticks } from './settings-schema.ts';

const sweep = z.strictObject({
  label: nameText,
  strict_network: orElse(onOff, false),
  prefetch: orElse(onOff, false),
  overlap: orElse(onOff, false),
  /** Wins over the switches. */
  scheduler_params: orElse(
    z.strictObject({ weights: orElse(heuristicWeights, {}), policy: orElse(policySettings, {}) }),
    { weights: {}, policy: {} },
  ),
  /** Keys laid over the scenario: whole, not merged. */
  overrides: orElse(z.record(z.string(), z.unknown()), {}),
});

const experiment = z.strictObject({
  id: nameText,
  /** File, from the working folder or from the folder of the suite. */
  scenario: z.string().min(1),
  sweeps: z.array(sweep).min(1),
});

/** Experiments, each a scenario under several settings; every sweep runs with all schedulers and seeds. */
export const kvschedSuite = z.strictObject({
  common: z.strictObject({
    ticks: orElse(ticks.max(1_000_000), 1000),
    seeds: orElse(z.array(seed).min(1), [0, 1, 2]),
    schedulers: orElse(z.array(scheduler).min(1), ['kv_heuristic', 'load_only', 'kv_only', 'random'] as const),
  }),
  experiments: z.array(experiment).min(1),
});

export type KvschedSuite = Readonly<z.output<typeof kvschedSuite>>;
