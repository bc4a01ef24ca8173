import { z } from 'zod';
import type { Json, JsonObject } from '../../base/json.ts';
import { parsePart } from '../../document/schema.ts';
import { type ClusterSpec, clusterByName, clusterSchema } from './cluster-spec.ts';
import { GPUS, gpuFamily } from './gpu-catalog.ts';
import { orderingSchema } from './ordering.ts';
import type { SimplifiedConfig } from './simplified-engine.ts';
import { TOKEN_SHAPE, type TokenConfig, tokenSettings } from './token-config.ts';
import { amount, orDefault } from './written-values.ts';

export type JobsConfig =
  | { readonly engine: 'simplified'; readonly simplified: SimplifiedConfig }
  | { readonly engine: 'token'; readonly token: TokenConfig };

const seconds = amount({ above: 0 });

const SHARED_SHAPE = {
  cluster: orDefault(clusterSchema, clusterByName('h100_16gpu')).describe('default: h100_16gpu'),
  ordering: orDefault(orderingSchema, { kind: 'fifo' }).describe('default: FIFO'),
  a100_tflops: orDefault(amount({ above: 0 }), GPUS['A100']!.tflops),
};

/** Keys that only the simplified engine has. Times in seconds. */
const SIMPLIFIED_SHAPE = {
  slot_rule: orDefault(z.enum(['legacy', 'work_conserving']), 'work_conserving'),
  clock: orDefault(z.enum(['accumulate', 'index']), 'accumulate'),
  dt: orDefault(seconds, 0.01),
};

const simplified = z
  .strictObject({
    engine: z.literal('simplified').nullish(),
    ...SHARED_SHAPE,
    ...SIMPLIFIED_SHAPE,
    max_time: orDefault(seconds, 5),
    ...keysOf('token', TOKEN_SHAPE),
  })
  .transform(({ cluster, a100_tflops, ordering, slot_rule, clock, dt, max_time }): JobsConfig => {
    const slotRule = slot_rule === 'legacy' ? 'legacy' : 'work-conserving';
    return {
      engine: 'simplified',
      simplified: { cluster: withA100Rate(cluster, a100_tflops), ordering, slotRule, clock, dt, maxTime: max_time },
    };
  });

const token = z
  .strictObject({
    engine: z.literal('token'),
    ...SHARED_SHAPE,
    ...TOKEN_SHAPE,
    max_time: orDefault(seconds, Number.POSITIVE_INFINITY).describe('default: until all is done'),
    ...keysOf('simplified', SIMPLIFIED_SHAPE),
  })
  .transform(({ cluster, a100_tflops, ordering, max_time, ...keys }): JobsConfig => {
    const settings = tokenSettings(keys);
    return {
      engine: 'token',
      token: { cluster: withA100Rate(cluster, a100_tflops), ordering, ...settings, maxTime: max_time },
    };
  });

/** A configuration document: settings of the simplified engine, or with `engine: token` of the token engine. */
const gpuJobsConfig = z.discriminatedUnion('engine', [simplified, token]);

/** @throws InputError with every problem; paths start with `path` */
export function parseJobsConfig(document: Json, path: readonly (string | number)[]): JobsConfig {
  return parsePart(gpuJobsConfig, document, path);
}

/** The same of the token engine. */
export function parseTokenConfig(document: JsonObject, path: readonly (string | number)[]): TokenConfig {
  const config = parseJobsConfig({ ...document, engine: 'token' }, path);
  if (config.engine !== 'token') throw new RangeError('asked for the token engine');
  return config.token;
}

/** Seed document 002 gives 628 TFLOP/s for the A100 (its rate with 2:4 sparsity); 312 is the dense one. */
function withA100Rate(cluster: ClusterSpec, tflops: number): ClusterSpec {
  const groups = cluster.groups.map(({ gpu, count }) => ({
    gpu: gpuFamily(gpu.name) === 'A100' ? { ...gpu, tflops } : gpu,
    count,
  }));
  return { ...cluster, groups };
}

/** The other engine's keys: a mistake worth a message of its own. */
function keysOf<K extends string>(engine: 'simplified' | 'token', shape: Readonly<Record<K, z.ZodType>>) {
  const foreign = z
    .custom<undefined>(() => false, { error: `belongs to the ${engine} engine: remove it or set engine: ${engine}` })
    .optional()
    .meta({ not: {} });
  return Object.fromEntries(Object.keys(shape).map((key) => [key, foreign])) as Record<K, typeof foreign>;
}
