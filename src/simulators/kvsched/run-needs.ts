import type { Need } from '../run-bounds.ts';
import type { Scenario } from './scenario.ts';

/** Of one request: its times, and copies of them for quantiles. */
const REQUEST_BYTES = 64;
const TEMPLATE_BYTES = 24;
const PAIR_BYTES = 8;
const REQUEST_SECONDS = 1e-7;
const NODE_SECONDS = 2e-9;

/** What a run of so many requests needs. @param path - the key that says how many */
export function runNeeds(scenario: Scenario, ticks: number, path: Need['path']): readonly Need[] {
  const { nodes, workload } = scenario;
  const templates = { count: workload.numRequests, what: 'requests to choose from', bytes: TEMPLATE_BYTES };
  return [
    {
      path,
      count: ticks,
      what: 'requests',
      bytes: REQUEST_BYTES,
      seconds: REQUEST_SECONDS + NODE_SECONDS * nodes.length,
    },
    { path: ['workload', 'num_requests'], ...templates, seconds: REQUEST_SECONDS },
    { path: ['nodes'], count: nodes.length ** 2, what: 'pairs of nodes', bytes: PAIR_BYTES },
  ];
}
