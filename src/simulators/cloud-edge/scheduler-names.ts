import { unknownName } from '../../base/errors.ts';

/** Short names, and the names that the published program writes into its result files. */
export const SCHEDULER_LABELS = {
  fcfs: 'B1_Edge_Cloud_FCFS',
  random: 'B2_Random_Offload',
  'round-robin': 'B3_Round_Robin_Offload',
  clinucb: 'B4_CLinUCB_Diag',
  'clinucb-full': 'B4_CLinUCB_Full',
  'cn-greedy': 'B5_CNGreedy',
  'cn-ducb': 'Proposed_CN_DUCB',
  'least-connections': 'B6_Least_Connections',
  'least-response-time': 'B7_Historical_Least_Response_Time',
  'queue-length': 'B8_Queue_Length_Based',
} as const;

export type SchedulerName = keyof typeof SCHEDULER_LABELS;

export const SCHEDULER_NAMES = Object.keys(SCHEDULER_LABELS) as readonly SchedulerName[];

/** Accepts a short name or a result-file name. @throws InputError */
export function schedulerNamed(name: string): SchedulerName {
  const found = SCHEDULER_NAMES.find((key) => key === name || SCHEDULER_LABELS[key] === name);
  if (found === undefined) throw unknownName('scheduler', name, SCHEDULER_NAMES);
  return found;
}
