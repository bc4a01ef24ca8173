import type { Need } from '../run-bounds.ts';
import type { CloudEdgeConfig } from './config-schema.ts';

const REQUEST_BYTES = 250;
const ROW_BYTES = 200;
const REQUEST_SECONDS = 5e-7;
/** Of one weight of a network: itself, two moments and a gradient of the optimizer, and two of the bandit. */
const WEIGHT_BYTES = 48;
/** One look at a weight. */
const WEIGHT_SECONDS = 2e-10;
/** Features are kept as they are and without zeros. */
const FEATURE_BYTES = 4;

/** What a run needs: requests, prompts with their features, and what its scheduler learns. */
export function runNeeds(config: CloudEdgeConfig): readonly Need[] {
  const { dataset, arrival_trace: trace, request_rate_lambda: rate, simulation_duration: seconds } = config;
  const arrivals = trace?.length ?? Math.round(rate * seconds);
  const rows = dataset.kind === 'rows' ? dataset.rows.length : dataset.rows;
  const dimension = dimensionOf(config);
  const features = trace === null ? Math.min(rows, arrivals) : arrivals;
  return [
    {
      path: ['simulation_duration'],
      count: arrivals,
      what: 'requests',
      bytes: REQUEST_BYTES,
      seconds: REQUEST_SECONDS,
    },
    { path: ['dataset'], count: rows, what: 'prompts', bytes: ROW_BYTES },
    { path: ['embedding_dim'], count: features * dimension, what: 'features of prompts', bytes: FEATURE_BYTES },
    ...learnedNeeds(config, arrivals, dimension),
  ];
}

function dimensionOf({ dataset, bert_embedding_dim, embedding_dim }: CloudEdgeConfig): number {
  const given = dataset.kind === 'rows' ? dataset.rows[0]?.embedding?.length : undefined;
  return given === undefined ? embedding_dim : (bert_embedding_dim ?? given);
}

function learnedNeeds(config: CloudEdgeConfig, arrivals: number, dimension: number): readonly Need[] {
  const { scheduler, nn_hidden_layers: hidden } = config;
  if (scheduler === 'clinucb-full') {
    const path = ['embedding_dim'];
    const cells = dimension ** 2;
    return [
      { path, count: cells, what: 'entries of a matrix', bytes: 8 },
      { path, count: arrivals * cells, what: 'updates of entries of a matrix', seconds: WEIGHT_SECONDS },
    ];
  }
  if (scheduler !== 'cn-greedy' && scheduler !== 'cn-ducb') return [];
  const widths = [dimension, ...hidden, 1];
  const weights = widths.slice(1).reduce((sum, width, layer) => sum + (widths[layer]! + 1) * width, 0);
  const dense = hidden.slice(1).reduce((sum, width, layer) => sum + hidden[layer]! * width, 0);
  const path = ['nn_hidden_layers'];
  return [
    { path, count: weights, what: 'weights of a network', bytes: WEIGHT_BYTES },
    { path, count: arrivals * dense, what: 'products of a network', seconds: WEIGHT_SECONDS },
  ];
}
