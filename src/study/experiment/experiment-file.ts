import { z } from 'zod';
import { InputError, unknownName } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { checkAll, mapAll } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { identifier, jsonValue, parseWith } from '../../document/schema.ts';
import { FIGURE_STATISTICS } from '../diagnostic-figures.ts';
import { measureBlock, sloBlock } from '../plan/measure-spec.ts';
import { FIGURE_PLACE } from './figure-place.ts';

const value = z.union([z.number(), z.string(), z.boolean(), z.record(identifier, z.number().min(0))]);

/** A trial number, `knee`, or `best:<metric>`. */
const trial = z.union([z.int().min(0), z.string()]);

/** A bound on a metric's mean over the tuning seeds, absolute or as a share of another run's point. */
const pointLimit = z.strictObject({
  metric: z.string(),
  at_most: z.number().optional(),
  at_least: z.number().optional(),
  of: z.strictObject({ run: z.string(), trial }).optional(),
});

const point = z.strictObject({ run: z.string(), trial, where: z.array(pointLimit).optional() });

const arm = z.strictObject({
  description: z.string().optional(),
  strategy: z.string().optional(),
  values: z.record(identifier, value).optional(),
  config: z.record(z.string(), jsonValue).optional(),
  workload: z.union([z.string(), z.record(z.string(), jsonValue)]).optional(),
  workload_overrides: z.record(z.string(), jsonValue).optional(),
  measure: measureBlock.optional(),
  slo: sloBlock.optional(),
  /** Values of a tuned point: folder of a run, and a trial number or a rule that chooses from its front. */
  point: point.optional(),
});

const claimBase = {
  id: identifier,
  statement: z.string(),
  metric: z.string(),
  /** What to look at when the claim fails. */
  diagnostic: z.string().optional(),
  role: z.enum(['main', 'ablation', 'super-additivity', 'negative-control', 'robustness']).optional(),
};

const claim = z.discriminatedUnion('kind', [
  z.strictObject({
    ...claimBase,
    kind: z.literal('improves'),
    arm: identifier,
    against: identifier,
    at_least: z.number().min(0).optional(),
  }),
  z.strictObject({
    ...claimBase,
    kind: z.literal('worsens'),
    arm: identifier,
    against: identifier,
    at_least: z.number().min(0).optional(),
  }),
  /** Better by `at_least` in the metric's own unit (points of a share are hundredths): all of the interval, or its middle. */
  z.strictObject({
    ...claimBase,
    kind: z.literal('gains'),
    arm: identifier,
    against: identifier,
    at_least: z.number().min(0),
    by: z.enum(['interval', 'mean']).optional(),
  }),
  z.strictObject({
    ...claimBase,
    kind: z.literal('equals'),
    arm: identifier,
    against: identifier,
    within: z.number().min(0),
  }),
  z.strictObject({
    ...claimBase,
    kind: z.literal('ratio'),
    arm: identifier,
    against: identifier,
    low: z.number(),
    high: z.number(),
  }),
  z.strictObject({
    ...claimBase,
    kind: z.literal('bound'),
    arm: identifier,
    at_least: z.number().optional(),
    at_most: z.number().optional(),
  }),
  z.strictObject({
    ...claimBase,
    kind: z.literal('super-additive'),
    arm: identifier,
    against: identifier,
    parts: z.array(identifier).min(2),
  }),
]);

/** Reports are named after the experiment. */
const fileName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, {
  error: 'must be a name of letters, digits, "_", "-" and "."',
});

const figure = z.strictObject({
  name: identifier,
  path: z.string().min(1),
  statistic: z.enum(FIGURE_STATISTICS),
  better: z.enum(['lower', 'higher']),
  unit: z.string().optional(),
  description: z.string().optional(),
});

export const experimentFileSchema = z.strictObject({
  name: fileName,
  title: z.string(),
  question: z.string().optional(),
  /** What was published, and where. */
  published: z.string().optional(),
  /** What the author makes of the figures; `{claim}` stands for an effect with its interval, `{claim:verdict}` for a verdict. */
  conclusion: z.string().optional(),
  strategy: z.string().optional(),
  workload: z.union([z.string(), z.record(z.string(), jsonValue)]).optional(),
  workload_overrides: z.record(z.string(), jsonValue).optional(),
  config: z.record(z.string(), jsonValue).optional(),
  /** Which part of every run is measured. */
  measure: measureBlock.optional(),
  /** Latency targets by SLO class, in place of those of strategies and workloads. */
  slo: sloBlock.optional(),
  seeds: z.array(z.int().min(0)).min(2),
  arms: z.record(identifier, arm),
  claims: z.array(claim).min(1),
  /** Figures from the diagnostics of a simulation, usable like metrics. */
  figures: z.array(figure).optional(),
  /** Metrics shown beside those of the claims. */
  show: z.array(z.string()).optional(),
});

export type ExperimentSpec = z.infer<typeof experimentFileSchema>;
export type PointRule = z.infer<typeof point>;
export type ArmSpec = ExperimentSpec['arms'][string];
export type Claim = ExperimentSpec['claims'][number];

/** Reads an experiment: arms, and claims about them. @throws InputError with the path of every problem */
export function parseExperimentFile(document: Json): ExperimentSpec {
  const spec = parseWith(experimentFileSchema, document);
  checkAll(
    () => checkSeeds(spec),
    () => mapAll(spec.claims, (_, index) => checkClaim(spec, index)),
    () => checkPower(spec),
    () => checkConclusion(spec),
  );
  return spec;
}

function checkSeeds(spec: ExperimentSpec): void {
  const repeated = spec.seeds.findIndex((seed, index) => spec.seeds.indexOf(seed) !== index);
  if (repeated >= 0) {
    throw new InputError(`seed ${spec.seeds[repeated]} is listed twice`, {
      path: ['seeds', repeated],
      suggestion: 'remove one',
    });
  }
}

function checkConclusion({ conclusion, claims }: ExperimentSpec): void {
  const names = claims.map(({ id }) => id);
  for (const [, id] of (conclusion ?? '').matchAll(FIGURE_PLACE)) {
    if (!names.includes(id!)) throw unknownName('claim', id!, names, { path: ['conclusion'] });
  }
}

function checkClaim(spec: ExperimentSpec, index: number): void {
  const path = ['claims', index];
  const names = Object.keys(spec.arms);
  const one = spec.claims[index]!;
  const twice = spec.claims.findIndex(({ id }) => id === one.id);
  if (twice !== index) throw new InputError(`claim ${shortText(one.id)} is named twice`, { path: [...path, 'id'] });
  mapAll(armReferences(one), ([key, name]) => {
    if (!names.includes(name)) throw unknownName('arm', name, names, { path: [...path, ...key] });
  });
  if (one.kind === 'bound' && one.at_least === undefined && one.at_most === undefined) {
    throw new InputError('needs at_least or at_most', { path });
  }
  if (one.kind === 'ratio' && one.low > one.high) {
    throw new InputError(`low must be ≤ high, got ${one.low} and ${one.high}`, { path: [...path, 'low'] });
  }
}

/** Kinds of claims that a signed-rank test decides. */
const TESTED: readonly Claim['kind'][] = ['improves', 'worsens', 'super-additive'];
const SIGNIFICANCE = 0.05;

/** With n seeds the smallest two-sided p is 2^(1−n); Holm multiplies it by the number of comparisons. */
function checkPower(spec: ExperimentSpec): void {
  const comparisons = spec.claims.filter(({ kind }) => TESTED.includes(kind)).length;
  const smallest = comparisons * 2 ** (1 - spec.seeds.length);
  if (smallest < SIGNIFICANCE) return;
  const enough = Math.floor(1 + Math.log2(comparisons / SIGNIFICANCE)) + 1;
  throw new InputError(
    `${spec.seeds.length} seeds cannot confirm anything: ${comparisons} comparisons give p ≥ ${smallest.toPrecision(2)}`,
    { path: ['seeds'], suggestion: `give at least ${enough} seeds` },
  );
}

/** Arms that a claim speaks of, with the path of each name. */
export function armReferences(claim: Claim): readonly (readonly [readonly (string | number)[], string])[] {
  const references: [readonly (string | number)[], string][] = [[['arm'], claim.arm]];
  if ('against' in claim) references.push([['against'], claim.against]);
  if (claim.kind === 'super-additive')
    for (const [index, part] of claim.parts.entries()) references.push([['parts', index], part]);
  return references;
}
