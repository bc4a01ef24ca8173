import { formatNumber } from '../../report/format.ts';
import { JOINT_STRATEGIES, type MapPoint, SLOW_POD } from './map-point.ts';

/** The comparison as a Markdown page; every figure in it comes from `points`. */
export function mapPage(
  points: readonly MapPoint[],
  { seeds, requests }: { readonly seeds: number; readonly requests: number },
): string {
  return `${[
    '# When does joint choice of prefill and decode pods pay?',
    '',
    ...JOINT_STRATEGIES.flatMap((strategy) => findings(points.filter((point) => point.strategy === strategy))),
    '## What was compared',
    '',
    '- **joint, weighted-random**: all pairs are scored, one is drawn in proportion to its headroom (the scheduler’s default).',
    '- **joint, best-headroom**: all pairs are scored, the best one is taken.',
    '- **independent**: the prefill pod with the shortest predicted time, the decode pod with the smallest sum of wait and time per token, each blind to the other.',
    '',
    `Eight pods in five splits, the last pod of either role ${SLOW_POD} times slower; default classes and targets; predictions from ` +
      `the pods’ current state. Load is the offered rate over what the tighter stage can take. ${requests} requests a run, ${seeds} seeds, ` +
      'the same for every strategy; differences of attainment and relative changes of times (from mean logarithms of ratios) are paired by seed, with 95 % Student-t intervals. ' +
      `Of ${points.length} comparisons about ${Math.round(points.length * 0.05)} would look clear by chance alone.`,
    '',
    `Made with \`paretune pd-slo map --seeds ${seeds} --requests ${requests}\`.`,
    '',
    '## SLO attainment',
    '',
    'Percentage points, joint − independent; bold where the interval leaves out 0.',
    '',
    '![SLO attainment, joint minus independent](attainment.svg)',
    '',
    '## TTFT P99',
    '',
    'How far joint choice stays below independent choice, in percent of the latter; bold where the interval leaves out 0.',
    '',
    '![TTFT P99, joint below independent](ttft-p99.svg)',
    '',
    '## Why',
    '',
    'The score of a pair is a sum of one term for the prefill pod and one for the decode pod, and the transfer time is the same for all pairs. ' +
      'So the pair with the best score always holds the prefill pod with the shortest predicted time, and best-headroom differs from ' +
      'independent choice only in how it weighs wait against time per token on the decode side, and in the few explored pairs. ' +
      'Weighted-random choice differs more: it spreads requests over all pods with headroom, in proportion to it.',
    '',
    '## All figures',
    '',
    ...JOINT_STRATEGIES.flatMap((strategy) => table(points.filter((point) => point.strategy === strategy))),
  ].join('\n')}\n`;
}

function findings(points: readonly MapPoint[]): string[] {
  const { strategy } = points[0]!;
  const better = points.filter(({ verdict }) => verdict === 'joint better');
  const worse = points.filter(({ verdict }) => verdict === 'independent better');
  const open = points.length - better.length - worse.length;
  return [
    `**Joint, ${strategy.replace(' ', '-')}** beats independent choice in ${better.length} of ${points.length} cells, ` +
      `loses in ${worse.length}, no clear difference in ${open} (SLO attainment, paired over seeds).`,
    whereItWins(better),
    '',
    ...byStage(points),
    '',
    ...list('It wins at', better),
    ...list('It loses at', worse),
    '',
  ];
}

function whereItWins(better: readonly MapPoint[]): string {
  if (better.length === 0) return 'There is no load and ratio at which it clearly wins.';
  const stages = [...new Set(better.map(({ tighterStage }) => tighterStage))].join(' or ');
  const lowest = Math.min(...better.map(({ load }) => load));
  const largest = Math.max(...better.map(({ attainment }) => attainment.change.value));
  return `All its wins lie where ${stages} is the tighter stage, from load ${lowest} up; the largest is ${signed(largest * 100)} points.`;
}

/** Wins and losses by tighter stage, below and at saturation. */
function byStage(points: readonly MapPoint[]): string[] {
  const rows = (['prefill', 'decode'] as const).flatMap((stage) =>
    ([false, true] as const).map((saturated) => {
      const cells = points.filter(
        ({ tighterStage, load }) => tighterStage === stage && load >= NEAR_SATURATION === saturated,
      );
      const count = (verdict: MapPoint['verdict']): number => cells.filter((point) => point.verdict === verdict).length;
      const mean = cells.reduce((sum, { attainment }) => sum + attainment.change.value, 0) / cells.length;
      const load = `${saturated ? '≥' : '<'} ${NEAR_SATURATION}`;
      return `| ${stage} | ${load} | ${cells.length} | ${count('joint better')} | ${count('independent better')} | ${signed(mean * 100)} |`;
    }),
  );
  return [
    '| tighter stage | load | cells | joint better | independent better | mean difference, points |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
}

const NEAR_SATURATION = 1;

function list(label: string, points: readonly MapPoint[]): string[] {
  const ratios = [...new Set(points.map(ratioOf))];
  return ratios.map((ratio) => {
    const loads = points.filter((point) => ratioOf(point) === ratio);
    const shown = loads.map(({ load, attainment }) => `${load} (${signed(attainment.change.value * 100)})`);
    return `- ${label} prefill : decode ${ratio} (${loads[0]!.tighterStage} is tighter), load ${shown.join(', ')}`;
  });
}

function table(points: readonly MapPoint[]): string[] {
  const { strategy } = points[0]!;
  return [
    `### joint, ${strategy.replace(' ', '-')}`,
    '',
    '| prefill : decode | load | requests/s | attainment joint | independent | difference, points | TTFT P99 joint, ms | independent | TPOT P99 joint, ms | independent | verdict |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...points.map((point) => {
      const { attainment, ttftP99Ms, tpotP99Ms } = point;
      const { value, low, high } = attainment.change;
      const interval = `${signed(value * 100)} [${signed(low! * 100)}, ${signed(high! * 100)}]`;
      const cells = [
        ratioOf(point),
        point.load,
        formatNumber(point.rate),
        percent(attainment.joint),
        percent(attainment.independent),
        interval,
        formatNumber(ttftP99Ms.joint),
        formatNumber(ttftP99Ms.independent),
        formatNumber(tpotP99Ms.joint),
        formatNumber(tpotP99Ms.independent),
        point.verdict,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ];
}

function ratioOf({ prefill, decode }: MapPoint): string {
  return `${prefill}:${decode}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
}
