import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { checkAll } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { identifier, jsonValue, parseWith } from '../../document/schema.ts';
import { budgetBlock, checkBudget, MOST_TRIALS } from './budget-spec.ts';
import { capacityBlock } from './capacity-spec.ts';
import { limitsBlock } from './limits-spec.ts';
import { measureBlock, sloBlock } from './measure-spec.ts';

export interface ObjectiveSpec {
  readonly metric: string;
  /** Absent: the direction that the metric calls better. */
  readonly direction?: 'minimize' | 'maximize';
}

export interface ConstraintSpec {
  readonly metric: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const metricName = z.string().min(1);

const constraint = z.union([
  z.strictObject({ metric: metricName, at_least: z.number() }),
  z.strictObject({ metric: metricName, at_most: z.number() }),
]);

const samplerBlock = z.strictObject({
  name: identifier,
  initial: z.int().min(1).optional(),
});

const validationBlock = z.strictObject({
  seeds: z.array(seed).min(1),
  /** How many points of the front are re-evaluated, best knee first. */
  points: z.int().min(1).optional(),
});

const regime = z.strictObject({
  name: identifier,
  /** In place of the study's. */
  measure: measureBlock.optional(),
  slo: sloBlock.optional(),
  workload: z.union([z.string().min(1), z.record(z.string(), jsonValue)]).optional(),
  workload_overrides: z.record(z.string(), jsonValue).optional(),
  /** Laid over the strategy's configuration, e.g. fewer KV blocks. */
  config: z.record(z.string(), jsonValue).optional(),
});

/** What points of a study may have to be written as; commands know how. */
const DEPLOYMENT_TARGETS = ['epp', 'vllm', 'helm-values', 'configmap', 'blis'] as const;

/** Values by parameter; a weight vector is a map of its components. */
const point = z.record(
  identifier,
  z.union([z.number(), z.string(), z.boolean(), z.null(), z.record(identifier, z.number().min(0))]),
);

export const studyFileSchema = z.strictObject({
  name: identifier,
  description: z.string().optional(),
  strategy: z.string().min(1),
  space: z.string().min(1).optional(),
  workload: z.union([z.string().min(1), z.record(z.string(), jsonValue)]).optional(),
  workload_overrides: z.record(z.string(), jsonValue).optional(),
  /** Several workloads instead of one; `workload` and `workload_overrides` are then what they start from. */
  workloads: z.array(regime).min(2).optional(),
  /** Every workload with each of these settings, e.g. `latency_model: [roofline, trained-physics]`; `workload.KEY` for keys of it. */
  vary: z.record(z.string().min(1), z.array(z.union([z.string(), z.number(), z.boolean()])).min(2)).optional(),
  /** How the figures of several workloads become one (default worst): ratios to the baseline, or the values themselves. */
  regime: z.enum(['mean', 'worst', 'mean-value', 'worst-value']).optional(),
  /** Which part of a run is measured. */
  measure: measureBlock.optional(),
  /** Latency targets by SLO class, in place of those of strategy and workload. */
  slo: sloBlock.optional(),
  /** Searches the highest rate at which a point meets its targets, and tells it as `capacity_rps`. */
  capacity: capacityBlock.optional(),
  config: z.record(z.string(), jsonValue).optional(),
  /** File of `paretune calibrate`: latencies as they were measured. */
  calibration: z.string().min(1).optional(),
  objectives: z
    .array(z.strictObject({ metric: metricName, direction: z.enum(['minimize', 'maximize']).optional() }))
    .min(1)
    .optional(),
  constraints: z.array(constraint).optional(),
  seeds: z.array(seed).min(1),
  validation: validationBlock.optional(),
  budget: budgetBlock,
  batch: z.int().min(1).max(1_000).optional(),
  /**
   * `batch` (default): a batch is proposed when the one before has finished; the same study gives the same bytes everywhere.
   * `eager`: `batch` trials are in flight, and a new one is proposed for each that ends; the journal depends on which ends first.
   */
  schedule: z.enum(['batch', 'eager']).optional(),
  sampler: z.union([identifier, samplerBlock]).optional(),
  seed: seed.optional(),
  /** What the result is to be written as: points of the space that cannot be are told of before the study runs. */
  deploy_to: z.array(z.enum(DEPLOYMENT_TARGETS)).min(1).optional(),
  /** What one evaluation may take; beyond, it is a failed trial. */
  limits: limitsBlock.optional(),
  /** Ends the search before the budget when the last trials gained nothing. */
  stop: z.strictObject({ patience: z.int().min(2).optional(), tolerance: z.number().min(0).optional() }).optional(),
  /** Where good points are expected, by parameter. */
  priors: z.record(identifier, z.strictObject({ center: z.number(), spread: z.number().positive() })).optional(),
  /** Folders of earlier runs on the same space and objectives. */
  warm_start: z.array(z.string().min(1)).min(1).optional(),
  baseline: z.union([z.literal(false), point]).optional(),
  first: z.array(point).optional(),
});

type Written = z.infer<typeof studyFileSchema>;

export type StudySpec = Omit<Written, 'budget'> & { readonly budget: Written['budget'] & { readonly trials: number } };

/** Reads a study document. @throws InputError with the path of every problem */
export function parseStudyFile(document: Json): StudySpec {
  refuseSavers(document);
  const written = parseWith(studyFileSchema, document);
  const spec = { ...written, budget: { ...written.budget, trials: written.budget.trials ?? MOST_TRIALS } };
  const metrics = (spec.objectives ?? []).map(({ metric }) => metric);
  checkAll(
    () => checkBudget(written.budget),
    () => refuseDuplicates(spec.seeds, ['seeds'], 'seed'),
    () => refuseDuplicates(spec.validation?.seeds ?? [], ['validation', 'seeds'], 'seed'),
    () => checkFresh(spec),
    () => refuseDuplicates(metrics, ['objectives'], 'objective'),
    () => checkRegimes(spec),
    () => checkCapacity(spec),
  );
  return spec;
}

function checkFresh({ validation, seeds }: StudySpec): void {
  const fresh = validation?.seeds ?? [];
  const shared = fresh.findIndex((value) => seeds.includes(value));
  if (shared < 0) return;
  throw new InputError(`validation seeds must be fresh, but ${fresh[shared]} is used for tuning`, {
    path: ['validation', 'seeds', shared],
    suggestion: 'choose another seed',
  });
}

function checkRegimes(spec: StudySpec): void {
  if (spec.workloads === undefined && spec.vary === undefined) {
    if (spec.regime === undefined) return;
    throw new InputError('needs several workloads', {
      path: ['regime'],
      suggestion: 'list them under `workloads`, or settings under `vary`',
    });
  }
  refuseDuplicates(
    (spec.workloads ?? []).map(({ name }) => name),
    ['workloads'],
    'workload',
  );
  for (const [key, values] of Object.entries(spec.vary ?? {})) {
    refuseDuplicates(values.map(String), ['vary', key], 'value');
  }
  if (spec.baseline === false && spec.regime?.endsWith('-value') !== true) {
    throw new InputError('needs a baseline: figures of several workloads are compared with it', {
      path: [spec.workloads === undefined ? 'vary' : 'workloads'],
      suggestion: 'remove `baseline: false`, or say `regime: worst-value`',
    });
  }
}

function checkCapacity({ capacity, slo, workloads }: StudySpec): void {
  if (capacity === undefined || slo !== undefined || workloads?.every((one) => one.slo !== undefined) === true) return;
  throw new InputError('needs targets', { path: ['capacity'], suggestion: 'state them under `slo`' });
}

function refuseDuplicates(
  values: readonly (string | number)[],
  path: readonly (string | number)[],
  what: string,
): void {
  const index = values.findIndex((value, position) => values.indexOf(value) !== position);
  if (index >= 0) {
    throw new InputError(`${what} ${shortText(values[index])} is listed twice`, {
      path: [...path, index],
      suggestion: 'remove one',
    });
  }
}

/** Keys of versions 0.1 and 0.2. */
const SAVERS = ['racing', 'screening'];

function refuseSavers(document: Json): void {
  if (!isJsonObject(document)) return;
  checkAll(
    ...SAVERS.filter((key) => key in document).map((key) => () => {
      throw new InputError('was taken out after version 0.2: at equal cost it brought no gain that measurements show', {
        path: [key],
        suggestion: `remove \`${key}\` from a study; a run recorded with it is read by version 0.2`,
      });
    }),
  );
}
