import { meanInterval } from '../../../src/numeric/statistics.ts';
import { formatNumber, formatPercent } from '../../../src/report/format.ts';
import { change, changeOf, experimentOf, plusMinus, ratesOf } from './figures.ts';

/** A capacity that target problem 2 was defined with, and where it was measured again. */
interface PublishedCapacity {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  readonly file: string;
  readonly rates: () => readonly number[];
  readonly grid: number;
}

/** A change of stock against hand-picked weights that it was defined with. */
interface PublishedChange {
  readonly what: string;
  readonly published: number;
  readonly experiment: string;
  /** Names of arms are `hand-picked-…` and `stock-…`. */
  readonly arms: string;
  readonly metric: string;
  readonly claim: string;
}

const capacity = (
  what: string,
  [low, high]: readonly [number, number],
  name: string,
  setting: string,
  grid = 25,
): PublishedCapacity => {
  const file = `capacity-${name}.json`;
  return { what, low, high, file, rates: () => ratesOf(file, setting), grid };
};

const OVERLOAD = 'target-v2-sessions-overload';
/** Of a session of 4, 5 or 6, a third each. */
const MEAN_ROUNDS = 5;

const completed = (what: string, published: number, arm: string): PublishedCapacity => ({
  what,
  low: published,
  high: published,
  file: `${OVERLOAD}.json`,
  rates: () =>
    experimentOf(OVERLOAD)
      .arms.find(({ name }) => name === arm)!
      .metrics['responses_per_sec']!.map((rate) => rate / MEAN_ROUNDS),
  grid: 5,
});

const CAPACITIES: readonly PublishedCapacity[] = [
  capacity('single-turn, 3/2/2, roofline', [1475, 1475], 'sustained', 'hand-picked-rl'),
  capacity('single-turn, 3/2/2, trained-physics', [1095, 1095], 'sustained', 'hand-picked-tp'),
  capacity('single-turn, stock, roofline', [1510, 1518], 'sustained', 'stock-rl'),
  capacity('single-turn, stock, trained-physics', [1220, 1220], 'sustained', 'stock-tp'),
  capacity('sessions kept up with, 3/2/2, roofline', [125, 125], 'sessions', 'hand-picked-rl', 5),
  capacity('sessions kept up with, 3/2/2, trained-physics', [140, 140], 'sessions', 'hand-picked-tp', 5),
  completed('sessions completed at most, 3/2/2, roofline', 125, 'hand-picked-rl'),
  completed('sessions completed at most, 3/2/2, trained-physics', 140, 'hand-picked-tp'),
  capacity('S2 with stock, trained-physics', [1090, 1090], 's2', 'stock-1024'),
  capacity('S1 with stock, trained-physics', [1200, 1225], 's1', 'stock-1024'),
];

const WHOLE = 'target-v2-stock-against-hand-picked';
const LONG = 'target-v2-near-saturation';
const WINDOW = 'target-v2-sessions-window';

const CHANGES: readonly PublishedChange[] = [
  ['nine tenths of capacity, roofline: TTFT P99', -0.96, WHOLE, 'near-rl', 'ttft_p99_ms', 'ttft-near-rl'],
  ['the same, E2E P99', -0.47, WHOLE, 'near-rl', 'e2e_p99_ms', 'e2e-near-rl'],
  ['nine tenths of capacity, trained-physics: TTFT P99', -0.95, WHOLE, 'near-tp', 'ttft_p99_ms', 'ttft-near-tp'],
  ['the same, E2E P99', -0.19, WHOLE, 'near-tp', 'e2e_p99_ms', 'e2e-near-tp'],
  [
    'nine tenths of capacity, 40,000 requests, roofline: TTFT P99',
    -0.96,
    LONG,
    'long-rl',
    'ttft_p99_ms',
    'ttft-long-rl',
  ],
  ['the same, E2E P99', -0.47, LONG, 'long-rl', 'e2e_p99_ms', 'e2e-long-rl'],
  ['the same, trained-physics: TTFT P99', -0.95, LONG, 'long-tp', 'ttft_p99_ms', 'ttft-long-tp'],
  ['the same, E2E P99', -0.19, LONG, 'long-tp', 'e2e_p99_ms', 'e2e-long-tp'],
  ['sessions, roofline: TTFT P99', -0.98, WHOLE, 'sessions-rl', 'ttft_p99_ms', 'ttft-sessions-rl'],
  ['sessions, trained-physics: TTFT P99', -0.87, WHOLE, 'sessions-tp', 'ttft_p99_ms', 'ttft-sessions-tp'],
  [
    'sessions, roofline: responses/s of the whole run',
    0.18,
    WHOLE,
    'sessions-rl',
    'responses_per_sec',
    'rate-sessions-rl',
  ],
  ['the same, trained-physics', 0.2, WHOLE, 'sessions-tp', 'responses_per_sec', 'rate-sessions-tp'],
  [
    'sessions, roofline: responses/s up to the last arrival, 4,000 sessions',
    0.18,
    WINDOW,
    'usual-rl',
    'responses_per_sec',
    'rate-usual-rl',
  ],
  ['the same, trained-physics', 0.2, WINDOW, 'usual-tp', 'responses_per_sec', 'rate-usual-tp'],
  ['the same with 2,750 sessions, roofline', 0.18, WINDOW, 'short-rl', 'responses_per_sec', 'rate-short-rl'],
  ['the same with 2,750 sessions, trained-physics', 0.2, WINDOW, 'short-tp', 'responses_per_sec', 'rate-short-tp'],
  ['pulse, 329 slots, roofline: TTFT P99', -0.155, WHOLE, 'pulse-rl', 'ttft_p99_ms', 'ttft-pulse-rl'],
  ['the same, E2E P99', -0.395, WHOLE, 'pulse-rl', 'e2e_p99_ms', 'e2e-pulse-rl'],
  ['the same, responses/s', 0.069, WHOLE, 'pulse-rl', 'responses_per_sec', 'rate-pulse-rl'],
].map(
  ([what, published, experiment, arms, metric, claim]) =>
    ({ what, published, experiment, arms, metric, claim }) as PublishedChange,
);

/** Files that the table is made from. */
export const REPRODUCED_FILES = [
  ...new Set([...CAPACITIES.map(({ file }) => file), ...CHANGES.map(({ experiment }) => `${experiment}.json`)]),
];

/** Within one step of the grid. */
export function capacityReproduced(
  found: number,
  { low, high, grid }: Pick<PublishedCapacity, 'low' | 'high' | 'grid'>,
) {
  return found >= low - grid && found <= high + grid;
}

/** What target problem 2 was defined with beside what is measured here: reproduced or not. */
export function reproducedTable(): string {
  return [
    '| | defined with | measured | |',
    '|---|---:|---:|---|',
    ...CAPACITIES.map(capacityRow),
    ...CHANGES.map(changeRow),
  ].join('\n');
}

function capacityRow(row: PublishedCapacity): string {
  const found = meanInterval(row.rates());
  const published =
    row.low === row.high ? formatNumber(row.low) : `${formatNumber(row.low)} to ${formatNumber(row.high)}`;
  return `| ${row.what} | ${published} | ${plusMinus(found)} | ${state(capacityReproduced(found.value, row))} |`;
}

/** The published figure lies in the interval, or the interval in the range that was written before the run. */
function changeRow({ what, published, experiment, arms, metric, claim }: PublishedChange): string {
  const found = changeOf(experiment, { arm: `stock-${arms}`, over: `hand-picked-${arms}`, metric });
  const confirmed = experimentOf(experiment).claims.find(({ id }) => id === claim)!.verdict === 'confirmed';
  const inside = found.low !== null && found.high !== null && found.low <= published && published <= found.high;
  return `| ${what} | ${formatPercent(published)} | ${change(found)} | ${state(inside || confirmed)} |`;
}

const state = (reproduced: boolean): string => (reproduced ? 'reproduced' : '**not reproduced**');
