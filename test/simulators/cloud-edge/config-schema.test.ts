import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatPath, InputError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { CONFIG_KEYS, cloudEdgeConfig, IDLE_KEYS } from '../../../src/simulators/cloud-edge/config-schema.ts';

function places(document: Json): readonly string[] {
  try {
    parseConfig(document);
  } catch (error) {
    if (error instanceof InputError) return error.problems().map(({ path }) => formatPath(path));
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  test('starts the continuous modes from other defaults, which given values replace', () => {
    const own = (document: Json) => {
      const { edge_concurrency, candidate_pool_size_m_factor } = parseConfig(document);
      return [edge_concurrency, candidate_pool_size_m_factor];
    };
    expect(own({})).toEqual([1, 8]);
    expect(own({ mode: 'time-series' })).toEqual([1, 8]);
    expect(own({ mode: 'continuous' })).toEqual([4, 2]);
    expect(own({ mode: 'continuous-legacy', edge_concurrency: 3 })).toEqual([3, 2]);
  });

  test('takes whole numbers of any size where nothing bounds them, and null where it means none', () => {
    const { nn_train_interval, slo_s, bert_embedding_dim } = parseConfig({
      nn_train_interval: 1e18,
      slo_s: null,
      bert_embedding_dim: null,
    });
    expect([nn_train_interval, slo_s, bert_embedding_dim]).toEqual([1e18, null, null]);
    expect(places({ nn_train_interval: null, dataset: null, mode: null })).toEqual([
      'mode',
      'nn_train_interval',
      'dataset',
    ]);
  });

  test('accepts keys without effect and leaves them out', () => {
    expect(parseConfig(Object.fromEntries(IDLE_KEYS.map((key) => [key, ['anything']])))).toEqual(parseConfig({}));
  });

  test('switches defects on by name, or all or none of them', () => {
    expect([true, false, ['stale_scores']].map((legacy) => parseConfig({ legacy }).legacy)).toEqual([
      ['cloud_average', 'stale_scores', 'mixed_labels'],
      [],
      ['stale_scores'],
    ]);
  });

  test('is told every mistake: rules between keys, rows of a dataset, entries of a trace', () => {
    const rows = [
      { text: 'a', seconds: 1 },
      { text: 7, seconds: -1 },
      { seconds: 1, embedding: ['x'] },
    ];
    const arrival_trace = [{ t: 2, base_time: 1 }, { t: 1, base_time: 1 }, { t: 3 }];
    const document = { cloud_concurrency: 0, edge_concurrency: 0, random_seed: 0.5, dataset: { rows }, arrival_trace };
    expect([...places(document)].sort()).toEqual([
      'arrival_trace[1].t',
      'arrival_trace[2].base_time',
      'cloud_concurrency',
      'dataset.rows[1].seconds',
      'dataset.rows[1].text',
      'dataset.rows[2].embedding',
      'dataset.rows[2].text',
      'random_seed',
    ]);
  });

  test('has a published JSON Schema of all its keys', () => {
    const schema = z.toJSONSchema(cloudEdgeConfig, { io: 'input', unrepresentable: 'any' });
    expect(Object.keys(schema.properties!).sort()).toEqual(CONFIG_KEYS);
    expect(schema.properties!['edge_batch_capacity_k']).toMatchObject({ type: 'integer', minimum: 1, maximum: 4096 });
    expect(schema.required).toBeUndefined();
  });
});
