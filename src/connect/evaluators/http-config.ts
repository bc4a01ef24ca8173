import { z } from 'zod';
import { InputError, within } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { jsonValue, parsePart } from '../../document/schema.ts';
import { mergeTargets, specTargets } from '../../simulators/cluster/figures/goodput.ts';
import type { Backend } from '../../simulators/simulator.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import { serverBase } from '../observe/completion-call.ts';
import { serverMetricSpecs } from './server-metrics.ts';

const seconds = z.number().gt(0).max(604_800);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const ready = z.strictObject({
  /** Asked until it answers with a status of 200 to 299; default: `/health` of the server. */
  url: z.string().min(1).optional(),
  /** Default 600. */
  timeout_s: seconds.optional(),
});

const apply = z.strictObject({
  /** Files to write where they stand, e.g. the EPP file: texts, or documents written as YAML or JSON. */
  files: z.record(z.string().min(1), jsonValue).optional(),
  /** Then this program is run, e.g. to restart the server. */
  command: z.array(scalar).min(1).optional(),
  /** A server that paretune starts itself, keeps running while the point is measured, and ends. */
  server: z.array(scalar).min(1).optional(),
  /** Of the command (default 600). */
  time_limit_s: seconds.optional(),
  ready: ready.optional(),
});

export const httpConfigSchema = z.strictObject({
  /** Address of the server, with or without `/v1`. */
  url: z.string().min(1),
  model: z.string().min(1),
  /** Default completions. */
  api: z.enum(['completions', 'chat']).optional(),
  /** Variable that holds the key (default OPENAI_API_KEY). */
  api_key_env: z.string().min(1).optional(),
  /** Of one request (default 300). */
  timeout_s: seconds.optional(),
  /** Requests under way at the same time, at most (default 256). */
  max_concurrency: z.int().min(1).max(1_000_000).optional(),
  /** Requests before those that count (default 10). */
  warm_up: z.strictObject({ requests: z.int().min(0) }).optional(),
  /** A greater share of failed requests makes the trial fail (default 0.05). */
  max_error_rate: z.number().min(0).max(1).optional(),
  /** Bounds of parameters that no point may leave: such points are infeasible, and nothing is put in place for them. */
  safe: z.record(z.string(), z.strictObject({ min: z.number().optional(), max: z.number().optional() })).optional(),
  /** Puts the parameters in place before a point is measured. */
  apply: apply.optional(),
});

export type HttpConfig = z.infer<typeof httpConfigSchema>;
export type ApplyHook = NonNullable<HttpConfig['apply']>;

/** @throws InputError with paths below `config` */
export function parseHttpConfig(document: Json): HttpConfig {
  const config = parsePart(httpConfigSchema, document, ['config']);
  within(['config', 'url'], () => serverBase(config.url));
  const probe = config.apply?.ready?.url;
  if (probe !== undefined) within(['config', 'apply', 'ready', 'url'], () => serverBase(probe));
  return config;
}

/** The workload with what is measured of it. @throws InputError with a path below `workload` */
export function httpWorkload(document: Json) {
  return within(['workload'], () => {
    if (document === null) {
      throw new InputError('is required but missing', { suggestion: 'name a workload in the study' });
    }
    const spec = parseWorkload(document);
    if (spec.numRequests === 0 && spec.horizonUs === 0) {
      throw new InputError('must be given where there is no horizon', { path: ['num_requests'] });
    }
    return { spec, targets: mergeTargets(specTargets(spec)) };
  });
}

/** Which safe bound the values leave; null where they keep to all of them. */
export function unsafeReason({ safe = {} }: HttpConfig, values: JsonObject): string | null {
  for (const [name, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }] of Object.entries(safe)) {
    const value = values[name];
    if (typeof value === 'number' && (value < min || value > max)) {
      return `${name} must be safe, within ${min} and ${max}, got ${shortText(value)}`;
    }
  }
  return null;
}

export const httpBackend: Backend = {
  name: 'http',
  description: 'an OpenAI-compatible server under load, with a hook that puts the parameters in place',
  runHoles: ['seed', 'values'],
  prepare: ({ config, workload }) => {
    parseHttpConfig(config);
    const { targets } = httpWorkload(workload);
    return { metrics: serverMetricSpecs(Object.keys(targets).length > 0), deterministic: false };
  },
};
