import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Interval, meanInterval, pairedChange } from '../../../src/numeric/statistics.ts';
import { formatNumber, formatPercent } from '../../../src/report/format.ts';
import { claimFigure } from '../../../src/study/experiment/claim-figure.ts';
import { type ExperimentSpec, parseExperimentFile } from '../../../src/study/experiment/experiment-file.ts';
import type { ClaimResult } from '../../../src/study/experiment/judge-claim.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';

export const FOLDER = 'reports/target-v2';

/** A figure as the page prints it, and where it was recorded. */
export interface Figure {
  readonly text: string;
  readonly file: string;
  readonly row: string;
}

interface RecordedExperiment {
  readonly arms: readonly { readonly name: string; readonly metrics: Readonly<Record<string, readonly number[]>> }[];
  readonly claims: readonly ClaimResult[];
}

interface RecordedCapacities {
  readonly capacities: readonly {
    readonly name: string;
    readonly mean: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly seeds: readonly { readonly seed: number; readonly rate: number; readonly open: boolean }[];
  }[];
}

/** Experiment files by the name of their report. */
export const EXPERIMENTS: Readonly<Record<string, string>> = {
  'target-v2-stock-against-hand-picked': 'stock-against-hand-picked.yaml',
  'target-v2-near-saturation': 'near-saturation.yaml',
  'target-v2-sessions-window': 'sessions-window.yaml',
  'target-v2-sessions-overload': 'sessions-overload.yaml',
  'target-v2-t1': 'experiments/t1.yaml',
  'target-v2-t1-tuned': 'experiments/t1-tuned.yaml',
  'target-v2-t1-s1': 'experiments/t1-s1.yaml',
  'target-v2-t1-s1-e2e': 'experiments/t1-s1-e2e.yaml',
  'target-v2-t1-roofline': 'experiments/t1-roofline.yaml',
  'target-v2-t1-ablation': 'experiments/t1-ablation.yaml',
  'target-v2-criteria': 'experiments/criteria.yaml',
  'target-v2-t2': 'experiments/t2.yaml',
  'target-v2-t2-tuned': 'experiments/t2-tuned.yaml',
  'target-v2-t2-mixes': 'experiments/t2-mixes.yaml',
  'target-v2-t2-mixes-e2e': 'experiments/t2-mixes-e2e.yaml',
  'target-v2-t3': 'experiments/t3.yaml',
  'target-v2-t4': 'experiments/t4.yaml',
  'target-v2-t4-rl': 'experiments/t4-rl.yaml',
  'target-v2-t4-rl-s2': 'experiments/t4-rl-s2.yaml',
  'target-v2-t5': 'experiments/t5.yaml',
};

export const RECORDED_EXPERIMENTS = Object.keys(EXPERIMENTS).filter((name) => existsSync(join(FOLDER, `${name}.json`)));

/** Files are read once: a page names most of them many times. */
const read = new Map<string, unknown>();

function once<T>(key: string, load: () => T): T {
  if (!read.has(key)) read.set(key, load());
  return read.get(key) as T;
}

export function specOf(experiment: string): ExperimentSpec {
  const file = join('studies/target-v2', EXPERIMENTS[experiment]!);
  return once(file, () => parseExperimentFile(readYamlFile(file).value));
}

export function recorded<T>(file: string): T {
  return once(join(FOLDER, file), () => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as T);
}

export const experimentOf = (name: string): RecordedExperiment => recorded(`${name}.json`);

/**
 * What a place in the text stands for: `{experiment#claim}` an effect with its interval, `{experiment#claim:verdict}` its verdict,
 * `{experiment@arm/metric}` a mean with half its interval, `{experiment@arm/metric:change}` … against another arm as
 * `{experiment@arm/metric:over=other}`, `{capacity~setting}` a capacity, `{capacity~setting:over=other}` its change in pairs.
 * @throws Error for a place that leads nowhere
 */
export function figureAt(place: string): Figure {
  const match = /^([\w-]+)([#@~])([\w-]+)(?:\/([^:]+))?(?::(.+))?$/.exec(place);
  if (match === null) throw new Error(`cannot be read: {${place}}`);
  const [, name, kind, what, metric, how] = match as unknown as [string, string, string, string, string?, string?];
  const file = `${name}.json`;
  if (kind === '#') return claimAt(name, file, what, how);
  if (kind === '@') return armAt(file, what, metric!, how);
  return capacityAt(file, what, how);
}

function found<T>(one: T | undefined, place: string): T {
  if (one === undefined) throw new Error(`there is no ${place}`);
  return one;
}

function claimAt(name: string, file: string, id: string, how: string | undefined): Figure {
  const { claims } = recorded<RecordedExperiment>(file);
  const claim = found(
    claims.find((one) => one.id === id),
    `claim ${id} in ${file}`,
  );
  const { kind } = specOf(name).claims.find((one) => one.id === id)!;
  const text = how === 'verdict' ? claim.verdict : claimFigure(kind, claim);
  return { text, file, row: `claims[${claims.indexOf(claim)}], ${id}` };
}

/** Of an arm against another, in pairs of seeds. */
export function changeOf(
  experiment: string,
  { arm, over, metric }: { readonly arm: string; readonly over: string; readonly metric: string },
): Interval {
  const file = `${experiment}.json`;
  return pairedChange(valuesOf(file, over, metric), valuesOf(file, arm, metric));
}

function valuesOf(file: string, arm: string, metric: string): readonly number[] {
  const { arms } = recorded<RecordedExperiment>(file);
  return found(arms.find(({ name }) => name === arm)?.metrics[metric], `${metric} of arm ${arm} in ${file}`);
}

function armAt(file: string, arm: string, metric: string, how: string | undefined): Figure {
  const row = `arms, ${arm}, ${metric}`;
  if (how === undefined) return { text: plusMinus(meanInterval(valuesOf(file, arm, metric))), file, row };
  const other = how.replace('over=', '');
  const text = change(pairedChange(valuesOf(file, other, metric), valuesOf(file, arm, metric)));
  return { text, file, row: `${row} against arm ${other}` };
}

/** Rates of a setting by seed. */
export function ratesOf(file: string, setting: string): readonly number[] {
  const { capacities } = recorded<{ readonly data: RecordedCapacities }>(file).data;
  const { seeds } = found(
    capacities.find(({ name }) => name === setting),
    `setting ${setting} in ${file}`,
  );
  return seeds.map(({ rate }) => rate);
}

/** The highest rate that was tried was met on some seed. */
export function isOpen(file: string, setting: string): boolean {
  const { capacities } = recorded<{ readonly data: RecordedCapacities }>(file).data;
  return capacities.some(({ name, seeds }) => name === setting && seeds.some(({ open }) => open));
}

function capacityAt(file: string, setting: string, how: string | undefined): Figure {
  const rates = ratesOf(file, setting);
  const row = `capacities, ${setting}`;
  const more = isOpen(file, setting) ? ' or more' : '';
  if (how === undefined) return { text: `${plusMinus(meanInterval(rates))}${more}`, file, row };
  const other = how.replace('over=', '');
  return { text: `${change(pairedChange(ratesOf(file, other), rates))}${more}`, file, row: `${row} against ${other}` };
}

export function plusMinus({ value, high }: Interval): string {
  return high === null ? formatNumber(value) : `${formatNumber(value)} ± ${formatNumber(high - value)}`;
}

export function change({ value, low, high }: Interval): string {
  return low === null || high === null
    ? formatPercent(value)
    : `${formatPercent(value)} [${formatPercent(low)}, ${formatPercent(high)}]`;
}
