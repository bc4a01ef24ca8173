import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../../src/base/json.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { experimentOf, specOf } from './figures.ts';
import { clearParameters } from './sensitivity-table.ts';

/** What was asked for, what decides it, and words with places for figures. */
interface Criterion {
  readonly name: string;
  /** `experiment#claim`, each of which must be confirmed; or what else decides. */
  readonly needs: readonly string[] | (() => boolean);
  readonly words: string | (() => string);
}

const NEAR = 'at 985';
const C = 'target-v2-criteria';
const T1 = 'target-v2-t1-tuned';
const A = 'target-v2-t1-ablation';
const T5 = 'target-v2-t5';

export const CRITERIA: readonly Criterion[] = [
  {
    name: 'TTFT P99 15 % better than the default profile',
    needs: [`${C}#ttft-default`, `${C}#ttft-default-near`],
    words: `{${C}#ttft-default} at 1,200 requests/s, {${C}#ttft-default-near} ${NEAR}`,
  },
  {
    name: 'the same against tuned stock',
    needs: [`${C}#ttft-stock`, `${C}#ttft-stock-near`],
    words: `{${C}#ttft-stock} at 1,200 requests/s, {${C}#ttft-stock-near} ${NEAR}`,
  },
  {
    name: 'throughput 5 % better than the default profile',
    needs: [`${C}#tokens-default`, `${C}#tokens-default-near`],
    words: `tokens/s {${C}#tokens-default} at 1,200 requests/s, where the default profile does not keep up; {${C}#tokens-default-near} ${NEAR}, where it does`,
  },
  {
    name: 'the same against tuned stock',
    needs: [`${C}#tokens-stock`, `${C}#tokens-stock-near`],
    words: `{${C}#tokens-stock} at 1,200 requests/s, {${C}#tokens-stock-near} ${NEAR}`,
  },
  {
    name: 'E2E P99 better than the default profile',
    needs: [`${C}#e2e-default`, `${C}#e2e-default-near`],
    words: `{${C}#e2e-default} at 1,200 requests/s, {${C}#e2e-default-near} ${NEAR}; against tuned stock {${C}#e2e-stock}: there the tail of looser classes is the price`,
  },
  {
    name: 'fairness: the lowest class has more within S2 than with the default profile',
    needs: [`${C}#class-default`, `${C}#class-default-near`],
    words: `{${C}@pools/slo_attainment_min} against {${C}@default/slo_attainment_min} at 1,200 requests/s, {${C}@pools-near/slo_attainment_min} against {${C}@default-near/slo_attainment_min} ${NEAR}`,
  },
  {
    name: 'no class starves',
    needs: [`${C}#completion`, `${C}#wait`, `${T1}#completion`, `${T1}#class-min`],
    words: `completion {${T1}#completion}; the lowest class has {${T1}#class-min} within S2; longest wait of a sheddable request {${T1}@pools/longest_wait_ms_sheddable} ms, {${C}@pools/longest_wait_ms_sheddable} on other seeds, with stock {${T1}@stock/longest_wait_ms_sheddable}`,
  },
  {
    name: 'critical requests meet their deadlines',
    needs: [`${C}#deadlines`, `${T1}#class-min`],
    words: `{${T1}@pools/slo_attainment[critical]} of them within S2, {${C}@pools/slo_attainment[critical]} on other seeds; with tuned stock {${T1}@stock/slo_attainment[critical]}`,
  },
  {
    name: 'robust over seeds',
    needs: [`${T1}#points-low`, `${T1}#class-min`, `${C}#class-stock`],
    words: `lower ends of intervals over ten unused seeds, twice: share within S2 {${T1}#points-low} above tuned stock; {${C}#class-stock} for the lowest class on ten others`,
  },
  {
    name: 'robust over mixes',
    needs: ['target-v2-t2#drift-heavy', 'target-v2-t2#e2e-sheddable-heavy'],
    words:
      'shares within S2 hold on both other mixes; on 30/50/20 E2E P99 of sheddable requests is {target-v2-t2#e2e-sheddable-heavy} times that of stock, and TTFT P99 of the second half {target-v2-t2#drift-heavy} times that of the first',
  },
  {
    name: 'mechanism by counters: critical streams are faster since their batches are smaller, sheddable ones pay',
    needs: () =>
      tpotAgainstOnePool('critical').every((change) => change < 0) &&
      tpotAgainstOnePool('sheddable').every((change) => change > 0),
    words: `mean TPOT of critical, standard and sheddable requests {${A}@pools/tpot_mean_ms[critical]}, {${A}@pools/tpot_mean_ms[standard]} and {${A}@pools/tpot_mean_ms[sheddable]} ms; in one pool {${A}@one-pool/tpot_mean_ms[critical]}, {${A}@one-pool/tpot_mean_ms[standard]} and {${A}@one-pool/tpot_mean_ms[sheddable]}`,
  },
  {
    name: 'every part above noise',
    needs: () => experimentOf(A).claims.every(({ verdict }) => verdict === 'confirmed'),
    words: partsNotShown,
  },
  {
    name: 'sensitivity with ranges: which parameters matter',
    needs: () =>
      ['t1-stock', 't1-class-pools-bar'].every((study) => clearParameters(study, 'slo_attainment').length > 0),
    words: sensitivityWords,
  },
  {
    name: 'under KV pressure (T5)',
    needs: ['tier-off', 'critical', 'gap', 'drift'].map((id) => `${T5}#${id}`),
    words: `critical requests within S2 {${T5}#critical}; all requests, less those with the tier off: {${T5}#tier-off}; longest gap {${T5}#gap} ms; drift {${T5}#drift}`,
  },
  {
    name: 'the eleven findings again, on seeds that nothing had used',
    needs: () =>
      findings().every(({ verdict, seeds }) => verdict !== undefined && seeds.every((seed) => seed > LAST_OLD)),
    words: 'table below',
  },
];

/** The published seeds of the findings and those of version 0.1 end here. */
const LAST_OLD = 17000;

/** Of mean TPOT of a class, seed by seed: pools less one pool, ms. */
function tpotAgainstOnePool(name: string): readonly number[] {
  const values = (arm: string): readonly number[] =>
    experimentOf(A).arms.find((one) => one.name === arm)!.metrics[`tpot_mean_ms[${name}]`]!;
  return values('pools').map((value, seed) => value - values('one-pool')[seed]!);
}

function sensitivityWords(): string {
  const told = (study: string): string => clearParameters(study, 'slo_attainment').join(', ') || 'none';
  return `of the share within S2 the whole interval of a total index is away from zero for ${told('t1-stock')} (stock) and ${told('t1-class-pools-bar')} (pools); ranges and intervals in the tables below`;
}

export function holds({ needs }: Criterion): boolean {
  if (typeof needs === 'function') return needs();
  return needs.every((place) => {
    const [experiment, id] = place.split('#') as [string, string];
    return experimentOf(experiment).claims.find((claim) => claim.id === id)?.verdict === 'confirmed';
  });
}

/** With places still to be filled. */
export function criteriaTable(): string {
  return [
    '| criterion | | what was measured |',
    '|---|---|---|',
    ...CRITERIA.map(
      (one) =>
        `| ${one.name} | ${holds(one) ? 'true' : '**not true**'} | ${typeof one.words === 'string' ? one.words : one.words()} |`,
    ),
  ].join('\n');
}

function partsNotShown(): string {
  const missing = experimentOf(A).claims.filter(({ verdict }) => verdict !== 'confirmed');
  const names = missing.map(({ id }) => partOf(id));
  return names.length === 0
    ? 'all in the table below'
    : `on T1 without effect above noise: ${names.join(', ')}; table below`;
}

/** What stands before the colon of the claim. */
function partOf(id: string): string {
  return specOf(A)
    .claims.find((claim) => claim.id === id)!
    .statement.split(':')[0]!;
}

/** Parts of the tuned pools, each with what decides about it. */
export function ablationTable(): string {
  const written = specOf(A).claims;
  return [
    '| part, and what is worse without it | shown | change with it |',
    '|---|---|---:|',
    ...experimentOf(A).claims.map(({ id, verdict }) => {
      const shown = verdict === 'confirmed' ? 'yes' : verdict === 'refuted' ? '**no**' : '**within noise**';
      const { statement } = written.find((claim) => claim.id === id)!;
      return `| ${statement} | ${shown} | {${A}#${id}} |`;
    }),
  ].join('\n');
}

interface Finding {
  readonly file: string;
  readonly title: string;
  readonly verdict: string;
  readonly seeds: readonly number[];
}

const FINDINGS = 'reports/findings';

export function findings(): readonly Finding[] {
  return readdirSync(FINDINGS)
    .filter((file) => /^(0\d|1[01])-.*\.json$/.test(file))
    .sort()
    .map((file) => {
      const { title, verdict } = JSON.parse(readFileSync(join(FINDINGS, file), 'utf8')) as Finding;
      const written = readYamlFile(join('studies/findings', file.replace('.json', '.yaml'))).value;
      const seeds = isJsonObject(written) ? (written['seeds'] as unknown as readonly number[]) : [];
      return { file, title, verdict, seeds };
    });
}

export function findingsTable(): string {
  return [
    '| finding | verdict | seeds |',
    '|---|---|---|',
    ...findings().map(
      ({ file, title, verdict, seeds }) =>
        `| [${title}](../findings/${file.replace('.json', '.md')}) | **${verdict}** | ${seeds[0]} to ${seeds.at(-1)} |`,
    ),
  ].join('\n');
}
