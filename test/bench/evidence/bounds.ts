import { meanInterval, pairedChange } from '../../../src/numeric/statistics.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { change, type Figure, plusMinus, ratesOf } from './figures.ts';

const CLASSES = ['critical', 'standard', 'sheddable'] as const;
type ByClass = Readonly<Record<(typeof CLASSES)[number], number>>;

/**
 * Highest rate of a mix that a cluster divided by class can serve, if instances could be divided into any fractions: a class whose
 * targets the whole cluster meets up to `alone` requests/s needs the fraction share × rate / alone of it.
 */
export function dividedRate(shares: ByClass, alone: ByClass): number {
  return 1 / CLASSES.reduce((sum, name) => sum + shares[name] / alone[name], 0);
}

/** Requests of a class in a pulse: how many arrive each second, and how long after its arrival a response of mean length may end. */
export interface Pulse {
  readonly perSecond: number;
  readonly slackS: number;
}

/**
 * Share of a pulse whose responses can end within what their targets allow, earliest due first, at a constant rate of responses: what is
 * due by a time and exceeds what can be done by then is lost.
 */
export function fluidShare(classes: readonly Pulse[], seconds: number, responsesPerSecond: number): number {
  const dueBy = (time: number): number =>
    classes.reduce((sum, { perSecond, slackS }) => sum + perSecond * Math.min(seconds, Math.max(0, time - slackS)), 0);
  const turns = classes.flatMap(({ slackS }) => [slackS, slackS + seconds]);
  const lost = Math.max(0, ...turns.map((time) => dueBy(time) - responsesPerSecond * time));
  const all = classes.reduce((sum, { perSecond }) => sum + perSecond * seconds, 0);
  return 1 - lost / all;
}

interface WorkloadFile {
  readonly aggregate_rate: number;
  readonly num_requests: number;
  readonly clients: readonly {
    readonly slo_class: string;
    readonly rate_fraction: number;
    readonly output_distribution: { readonly params: { readonly mean: number } };
  }[];
}

const workload = (file: string): WorkloadFile =>
  readYamlFile(`studies/target-v2/workloads/${file}`).value as unknown as WorkloadFile;

function sharesOf(file: string): ByClass {
  const { clients } = workload(file);
  const total = clients.reduce((sum, { rate_fraction }) => sum + rate_fraction, 0);
  const of = (name: string): number =>
    clients.filter(({ slo_class }) => slo_class === name).reduce((sum, { rate_fraction }) => sum + rate_fraction, 0);
  return { critical: of('critical') / total, standard: of('standard') / total, sheddable: of('sheddable') / total };
}

type Set = 's1' | 's2';
const aloneFile = (set: Set, name: string): string => `capacity-${set}-as-${name}.json`;

function divided(set: Set, mix: string): readonly number[] {
  const rates = CLASSES.map((name) => ratesOf(aloneFile(set, name), 'stock-1024'));
  const shares = sharesOf(mix);
  return rates[0]!.map((_, seed) =>
    dividedRate(shares, { critical: rates[0]![seed]!, standard: rates[1]![seed]!, sheddable: rates[2]![seed]! }),
  );
}

interface Bound {
  readonly files: readonly string[];
  readonly text: () => string;
  readonly row: string;
}

function dividedBound(set: Set, mix: string): Bound {
  const files = CLASSES.map((name) => aloneFile(set, name));
  return {
    files,
    text: () => plusMinus(meanInterval(divided(set, mix))),
    row: `1 / Σ share / rate alone, shares of studies/target-v2/workloads/${mix}, rates of stock-1024 in ${files.join(', ')}`,
  };
}

/** Of the same seeds as the bound. */
function overStock(set: Set): Bound {
  const file = `capacity-${set}.json`;
  const bound = dividedBound(set, 't1.yaml');
  return {
    files: [...bound.files, file],
    text: () => {
      const found = divided(set, 't1.yaml');
      return change(pairedChange(ratesOf(file, 'stock-1024').slice(0, found.length), found));
    },
    row: `${bound.row}; against stock-1024 in ${file}, the same seeds`,
  };
}

type Targets = Readonly<Record<keyof ByClass, { readonly ttft_ms: number; readonly tpot_ms: number }>>;

/** Targets of S1 and S2, as the pulse is judged by them. */
function targetsOf(set: Set): Targets {
  const { slo, arms } = readYamlFile('studies/target-v2/experiments/t4.yaml').value as unknown as {
    readonly slo: Targets;
    readonly arms: Readonly<Record<string, { readonly slo: Targets }>>;
  };
  return set === 's1' ? slo : arms['due-rl-s2']!.slo;
}

function pulseBound(set: Set, setting: string): Bound {
  const file = 'capacity-sustained.json';
  return {
    files: [file],
    text: () => {
      const { aggregate_rate, num_requests, clients } = workload('t4.yaml');
      const shares = sharesOf('t4.yaml');
      const tokens = clients[0]!.output_distribution.params.mean;
      const pulses = CLASSES.map((name): Pulse => {
        const { ttft_ms, tpot_ms } = targetsOf(set)[name];
        return { perSecond: aggregate_rate * shares[name], slackS: (ttft_ms + tpot_ms * tokens) / 1000 };
      });
      const rate = meanInterval(ratesOf(file, setting)).value;
      return String(Number(fluidShare(pulses, num_requests / aggregate_rate, rate).toFixed(4)));
    },
    row: `earliest due first at the rate of ${setting} in ${file}; due = arrival + TTFT + TPOT × mean output, studies/target-v2/workloads/t4.yaml`,
  };
}

/** What no setting can exceed, or what is left, by name. */
const BOUNDS: Readonly<Record<string, Bound>> = {
  's1-divided': dividedBound('s1', 't1.yaml'),
  's1-divided-change': overStock('s1'),
  's2-divided': dividedBound('s2', 't1.yaml'),
  's2-divided-heavy': dividedBound('s2', 't2-critical-heavy.yaml'),
  's2-divided-light': dividedBound('s2', 't2-critical-light.yaml'),
  't4-s1-roofline': pulseBound('s1', 'stock-rl'),
  't4-s2-roofline': pulseBound('s2', 'stock-rl'),
};

/** Files that a bound is computed from. */
export function boundFiles(name: string): readonly string[] {
  return boundOf(name).files;
}

export function boundAt(name: string): Figure {
  const { files, text, row } = boundOf(name);
  return { text: text(), file: files[0]!, row: `bound ${name}: ${row}` };
}

function boundOf(name: string): Bound {
  const bound = BOUNDS[name];
  if (bound === undefined) throw new Error(`there is no bound ${name}`);
  return bound;
}
