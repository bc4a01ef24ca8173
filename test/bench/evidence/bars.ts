import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { meanInterval, pairedChange } from '../../../src/numeric/statistics.ts';
import { claimFigure } from '../../../src/study/experiment/claim-figure.ts';
import type { Claim } from '../../../src/study/experiment/experiment-file.ts';
import type { Verdict } from '../../../src/study/experiment/judge-claim.ts';
import { change, experimentOf, FOLDER, RECORDED_EXPERIMENTS, ratesOf, specOf } from './figures.ts';

/** One thing that a bar asks for. */
interface Asked {
  readonly statement: string;
  readonly verdict: Verdict;
  readonly figure: string;
  readonly where: string;
}

/** A bar of target problem 2 with the claims that decide it. */
interface Bar {
  readonly name: string;
  readonly experiment: string;
  readonly decides: (claim: Claim) => boolean;
  readonly capacities?: readonly { readonly file: string; readonly targets: string; readonly gain: number }[];
}

const isMain = ({ role }: Claim): boolean => role === 'main';

const BARS: readonly Bar[] = [
  {
    name: 'T1, single-turn at 1,200 requests/s, SLO capacities by points tuned for their targets',
    experiment: 'target-v2-t1-tuned',
    decides: isMain,
    capacities: [
      { file: 'capacity-s1-tuned.json', targets: 'S1', gain: 0.08 },
      { file: 'capacity-s2.json', targets: 'S2', gain: 0.12 },
    ],
  },
  {
    name: 'T1 within S1 at 1,300 requests/s, tuned for S1, highest share',
    experiment: 'target-v2-t1-s1',
    decides: isMain,
  },
  {
    name: 'T1 within S1 at 1,300 requests/s, tuned for S1, lowest E2E P99',
    experiment: 'target-v2-t1-s1-e2e',
    decides: isMain,
  },
  { name: 'T2, mixes 10/45/45 and 30/50/20 with the setting of T1', experiment: 'target-v2-t2', decides: isMain },
  { name: 'T2, three mixes, tuned on the hardest', experiment: 'target-v2-t2-tuned', decides: isMain },
  { name: 'T2, three mixes, tuned on the worst of them, knee', experiment: 'target-v2-t2-mixes', decides: isMain },
  {
    name: 'T2, three mixes, tuned on the worst of them, lowest E2E P99',
    experiment: 'target-v2-t2-mixes-e2e',
    decides: isMain,
  },
  { name: 'T3, sessions at 175 and 200 a second, hand-picked', experiment: 'target-v2-t3', decides: isMain },
  {
    name: 'T4, overload pulse, roofline, hand-picked',
    experiment: 'target-v2-t4',
    decides: ({ id }) => !id.endsWith('-tp') && id !== 'goodput-tp-slots',
  },
  {
    name: 'T4, overload pulse, trained-physics, guards against 330 slots',
    experiment: 'target-v2-t4',
    decides: ({ id }) => id.endsWith('-tp'),
  },
  {
    name: 'T4, overload pulse, roofline, both sides tuned for S1: S1 and guards',
    experiment: 'target-v2-t4-rl',
    decides: ({ id }) => !id.startsWith('s2-'),
  },
  {
    name: 'T4, overload pulse, roofline, both sides tuned for S2: S2 and guards',
    experiment: 'target-v2-t4-rl-s2',
    decides: () => true,
  },
  { name: 'T5, KV pressure, hand-picked', experiment: 'target-v2-t5', decides: isMain },
];

/** Settings of the capacity tables that an operator can have; the best of them is the rival. */
const STOCK = ['stock', 'stock-1024'];

function askedOf(bar: Bar): readonly Asked[] {
  const { claims } = experimentOf(bar.experiment);
  const written = specOf(bar.experiment).claims.filter(bar.decides);
  const judged = written.map((claim): Asked => {
    const result = claims.find(({ id }) => id === claim.id)!;
    return {
      statement: claim.statement,
      verdict: result.verdict,
      figure: claimFigure(claim.kind, result),
      where: `\`${bar.experiment}.json\`, claim ${claim.id}`,
    };
  });
  return [...judged, ...(bar.capacities ?? []).flatMap(capacityAsked)];
}

/** The mean reaches the gain and the lower end half of it. */
function capacityAsked({ file, targets, gain }: NonNullable<Bar['capacities']>[number]): readonly Asked[] {
  const statement = `SLO capacity of ${targets}: tuned stock + ${100 * gain} % by the mean, half of it by the lower end`;
  if (!existsSync(join(FOLDER, file))) return [{ statement, verdict: 'undecided', figure: 'not judged', where: file }];
  const mean = (setting: string): number => meanInterval(ratesOf(file, setting)).value;
  const rival = STOCK.reduce((best, one) => (mean(one) > mean(best) ? one : best));
  const found = pairedChange(ratesOf(file, rival), ratesOf(file, 'pools'));
  const reached = found.value >= gain && (found.low ?? Number.NEGATIVE_INFINITY) >= gain / 2;
  return [
    {
      statement,
      verdict: reached ? 'confirmed' : (found.high ?? Number.POSITIVE_INFINITY) < gain ? 'refuted' : 'undecided',
      figure: change(found),
      where: `\`${file}\`, pools against ${rival}`,
    },
  ];
}

/** The table of bars: reached, or not and by what. */
export function barTable(): string {
  const rows = BARS.filter(({ experiment }) => RECORDED_EXPERIMENTS.includes(experiment)).map((bar) => {
    const asked = askedOf(bar);
    const missed = asked.filter(({ verdict }) => verdict !== 'confirmed');
    const state = missed.length === 0 ? 'reached' : '**not reached**';
    const why = missed.map(({ statement, figure, where }) => `${statement}: ${figure} (${where})`).join('<br>');
    return `| ${bar.name} | ${state} | ${asked.length - missed.length} of ${asked.length} | ${why} |`;
  });
  const unjudged = BARS.filter(({ experiment }) => !RECORDED_EXPERIMENTS.includes(experiment));
  return [
    '| bar | state | what it asks for and has | what is missing |',
    '|---|---|---|---|',
    ...rows,
    ...unjudged.map(({ name }) => `| ${name} | **not judged** | | |`),
  ].join('\n');
}
