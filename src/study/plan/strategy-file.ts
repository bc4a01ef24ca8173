import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { mapAll, ProblemList } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { identifier, jsonValue, parseWith } from '../../document/schema.ts';
import type { SearchSpace } from '../../optimizer/space/parameter.ts';
import { relationsShape } from '../../optimizer/vocabulary/space-schema.ts';
import { parametersSchema, toSearchSpace } from './search-space-file.ts';
import type { ConstraintSpec, ObjectiveSpec } from './study-spec.ts';
import type { StrategyTemplate } from './template.ts';

const baselineValue = z.union([z.number(), z.string(), z.boolean(), z.null(), z.record(identifier, z.number().min(0))]);

const strategyFileSchema = z.strictObject({
  name: identifier,
  description: z.string().optional(),
  mechanism: z.string().optional(),
  source: z.string().optional(),
  simulator: identifier,
  config: z.record(z.string(), jsonValue),
  baseline: z.record(identifier, baselineValue).optional(),
  policies: z.array(z.string()).optional(),
  parameters: parametersSchema.optional(),
  ...relationsShape,
});

/** The strategy format of BLIS's Strategy Evolution, phase 4. */
const blisStrategySchema = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  fixed_args: z.array(z.union([z.string(), z.number()])).optional(),
  workload_spec: z.string().optional(),
  workload: jsonValue.optional(),
  parameters: parametersSchema,
  ...relationsShape,
  objective: z
    .strictObject({ metric: z.string(), direction: z.enum(['min', 'max', 'minimize', 'maximize']) })
    .optional(),
  constraints: z
    .array(
      z.strictObject({
        metric: z.string(),
        direction: z.enum(['min', 'max']),
        threshold: z.number(),
        weight: z.number().optional(),
      }),
    )
    .optional(),
});

/** A strategy in either format. */
export const strategyDocument = z.union([strategyFileSchema, blisStrategySchema]);

export interface StrategyFile {
  readonly template: StrategyTemplate;
  /** Parameters written into the strategy file itself; null when a search-space file is needed. */
  readonly space: SearchSpace | null;
  readonly workloadFile: string | null;
  readonly objectives: readonly ObjectiveSpec[];
  readonly constraints: readonly ConstraintSpec[];
}

/** Reads a strategy: paretune's own format or BLIS's phase 4 format. @throws InputError */
export function parseStrategyFile(document: Json): StrategyFile {
  return looksLikeBlisStrategy(document) ? fromBlis(document) : fromNative(document);
}

function looksLikeBlisStrategy(document: Json): document is JsonObject {
  return isJsonObject(document) && !('simulator' in document) && !('config' in document) && 'parameters' in document;
}

function fromNative(document: Json): StrategyFile {
  const file = parseWith(strategyFileSchema, document);
  const problems = new ProblemList();
  const { parameters } = file;
  const space =
    parameters === undefined ? noSpace(file) : problems.attempt(() => toSearchSpace({ ...file, parameters }));
  problems.attempt(() => mapAll(Object.entries(file.baseline ?? {}), checkWeights));
  problems.refuse();
  return {
    template: {
      name: file.name,
      description: file.description ?? '',
      mechanism: file.mechanism ?? '',
      source: file.source ?? '',
      simulator: file.simulator,
      config: file.config,
      baseline: file.baseline ?? {},
      policies: file.policies ?? [],
    },
    space: space ?? null,
    workloadFile: null,
    objectives: [],
    constraints: [],
  };
}

/** Constraints between parameters belong to the parameters. */
function noSpace(file: z.infer<typeof strategyFileSchema>): null {
  const stray = (['parameter_constraints', 'forbidden'] as const).find((key) => file[key] !== undefined);
  if (stray === undefined) return null;
  throw new InputError('needs `parameters` beside it', {
    path: [stray],
    suggestion: 'move it into the search-space file',
  });
}

function checkWeights([name, value]: readonly [string, z.infer<typeof baselineValue>]): void {
  if (typeof value === 'object' && value !== null && !Object.values(value).some((weight) => weight > 0)) {
    throw new InputError('needs at least one weight > 0', { path: ['baseline', name] });
  }
}

const BLIS_METRICS: Readonly<Record<string, string>> = {
  throughput_tps: 'tokens_per_sec',
  completed: 'completed_requests',
};

function fromBlis(document: Json): StrategyFile {
  const file = parseWith(blisStrategySchema, document);
  const space = toSearchSpace(file);
  const config: Record<string, Json> = flagsToConfig(file.fixed_args ?? []);
  const entries = Array.isArray(file.parameters) ? file.parameters : [];
  for (const [index, { name, flag }] of entries.entries()) {
    if (flag === undefined)
      throw new InputError('is required but missing', {
        path: ['parameters', index, 'flag'],
        suggestion: 'name the flag it sets',
      });
    config[configKey(flag)] = `\${${name}}`;
  }
  const metric = (name: string): string => BLIS_METRICS[name] ?? name;
  const objective = file.objective;
  return {
    template: {
      name: file.name,
      description: file.description ?? '',
      mechanism: '',
      source: 'BLIS Strategy Evolution, phase 4',
      simulator: 'cluster',
      config,
      baseline: {},
      policies: [],
    },
    space,
    workloadFile: file.workload_spec ?? (typeof file.workload === 'string' ? file.workload : null),
    objectives: (objective === undefined ? [] : [objective]).map(({ metric: name, direction }) => ({
      metric: metric(name),
      direction: direction.startsWith('max') ? 'maximize' : 'minimize',
    })),
    constraints: (file.constraints ?? []).map((constraint) => ({
      metric: metric(constraint.metric),
      ...(constraint.direction === 'max' ? { atLeast: constraint.threshold } : { atMost: constraint.threshold }),
    })),
  };
}

/** `--num-instances` → `num_instances`. */
function configKey(flag: string): string {
  return flag.replace(/^-+/, '').replaceAll('-', '_');
}

function flagsToConfig(args: readonly (string | number)[]): Record<string, Json> {
  const config: Record<string, Json> = {};
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = String(args[i]).split(/=(.*)/s);
    if (!flag!.startsWith('--'))
      throw new InputError(`must be a flag, got ${shortText(args[i])}`, { path: ['fixed_args', i] });
    const next = args[i + 1];
    const hasValue = inline === undefined && next !== undefined && !String(next).startsWith('--');
    config[configKey(flag!)] = inline !== undefined ? typed(inline) : hasValue ? typed(next) : true;
    if (hasValue) i++;
  }
  return config;
}

function typed(value: string | number): Json {
  if (typeof value === 'number') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}
