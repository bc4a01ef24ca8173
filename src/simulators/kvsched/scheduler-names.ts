import { InputError, nearestName } from '../../base/errors.ts';

export const SCHEDULERS = ['kv_heuristic', 'load_only', 'kv_only', 'random', 'rr'] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];

export const SCHEDULER_ALIASES: Readonly<Record<string, SchedulerName>> = {
  kv_aware: 'kv_heuristic',
  kaware: 'kv_heuristic',
  load: 'load_only',
  kv: 'kv_only',
  kv_affinity: 'kv_only',
  rand: 'random',
  round_robin: 'rr',
};

/** Canonical name of a scheduler. @throws InputError for a name that is neither a scheduler nor an alias */
export function schedulerName(name: string): SchedulerName {
  const alias = Object.hasOwn(SCHEDULER_ALIASES, name) ? SCHEDULER_ALIASES[name] : undefined;
  const found = SCHEDULERS.find((known) => known === name) ?? alias;
  if (found !== undefined) return found;
  const near = nearestName(name, [...SCHEDULERS, ...Object.keys(SCHEDULER_ALIASES)]);
  const hint = near === undefined ? '' : `did you mean "${near}"? `;
  throw new InputError(`Unknown scheduler: ${name}`, { suggestion: `${hint}known: ${SCHEDULERS.join(', ')}` });
}
