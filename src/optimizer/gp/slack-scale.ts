import { normalLogCdf } from '../../numeric/normal.ts';
import { leaveOneOut } from './diagnostics.ts';
import { conditionModel, type OutcomeData } from './fit.ts';
import {
  checkpoint,
  explain,
  type Judgement,
  type ModelMemory,
  range,
  representative,
  rowsOf,
} from './model-choice.ts';
import { IDENTITY, transform } from './outcome-transform.ts';

/** Largest slack, in units of the lower quartile of their sizes, up to which slacks are taken as they are. */
const WIDE = 10;
const SAMPLE = 40;
const JUDGED: Judgement = {
  tag: 'z',
  shapes: [IDENTITY],
  effort: { starts: 3, firstIterations: 6, shapeIterations: 0, finalIterations: 8, families: 1 },
};

/** Increasing map of slacks that keeps zero at zero, and its slope. */
interface SlackScale {
  at(slack: number): number;
  slope(slack: number): number;
}

/** Offsets of logarithms, in medians of the distance from the end of the slacks. */
const SHIFTS = [0.01, 0.1, 1];
/** Slacks pile up at an end where a tenth of them is nearer to it than this, in medians of the distance. */
const PILED = 1e-4;

/** Standardised noise variance up to which logarithms from an end are trusted: noise there is a kink that they magnify. */
const MOST_NOISE = 1e-4;

/**
 * Slacks on a scale on which their zero can be seen, where they spread widely and a process explains them better so: as they
 * are, sign(s) log(1 + |s| / c) with c the lower quartile of |s|, or, where that leaves no noise, logarithms of the distance
 * from the least or the largest slack. A stress that falls with a power of a thickness is smooth as the logarithm of what it is
 * above its least value; as they are, stresses and shares of lost requests between −0.01 and 1 put all points near the bound
 * in one place. Where many slacks lie at their least value, the density of that pile says nothing about the bound beside it: then
 * the scale is the one on which points left out are put on their side of zero best.
 */
export function aroundZero(data: OutcomeData, memory: ModelMemory): OutcomeData {
  const prefix = rowsOf(data, range(checkpoint(data.losses.length)));
  const sizes = prefix.losses.map(Math.abs).sort();
  const unit = sizes[Math.floor(sizes.length / 4)]!;
  if (!(unit > 0) || !(sizes.at(-1)! / unit > WIDE)) return data;
  const sample = rowsOf(prefix, representative(prefix, SAMPLE));
  const piled = pileScales(prefix, data);
  if (piled.length > 0) {
    const tried = [aroundScale(unit), ...piled].map((scale) => ({
      scale,
      score: sideScore(bend(prefix, scale), bend(sample, scale), memory),
    }));
    return bend(data, tried.reduce((a, b) => (b.score > a.score ? b : a)).scale);
  }
  const judge = (scale: SlackScale) => {
    const jacobian = sample.losses.reduce((sum, slack) => sum + Math.log(scale.slope(slack)), 0);
    const { density, noise } = explain(bend(sample, scale), JUDGED, memory);
    return { scale, noise, score: density + jacobian };
  };
  const judged = [
    judge(aroundScale(unit)),
    ...endScales(prefix, data)
      .map(judge)
      .filter(({ noise }) => noise < MOST_NOISE),
  ];
  const best = judged.reduce((a, b) => (b.score > a.score ? b : a));
  return best.score > explain(sample, JUDGED, memory).density ? bend(data, best.scale) : data;
}

function bend({ points, losses, variances }: OutcomeData, scale: SlackScale): OutcomeData {
  return {
    points,
    losses: losses.map((slack) => scale.at(slack)),
    variances: variances.map((variance, i) => variance * scale.slope(losses[i]!) ** 2),
  };
}

function aroundScale(unit: number): SlackScale {
  return {
    at: (slack) => Math.sign(slack) * Math.log1p(Math.abs(slack) / unit),
    slope: (slack) => 1 / (unit + Math.abs(slack)),
  };
}

/** Offsets of logarithms from the end where slacks pile up, in distances of that end from zero. */
const PILE_SHIFTS = [0.03, 0.1, 0.3];
/** Slacks pile up at their least value where a quarter of them is nearer to it than this, in distances of that end from zero. */
const PILE = 1e-3;

/** Logarithms of the distance from the least slack, where slacks pile up there and some are beyond zero. */
function pileScales({ losses: told }: OutcomeData, { losses }: OutcomeData): SlackScale[] {
  const least = losses.reduce((low, slack) => Math.min(low, slack), Number.POSITIVE_INFINITY);
  const near = told.slice().sort()[Math.floor(told.length / 4)]! - least;
  if (!(least < 0) || near > PILE * -least || told.every((slack) => slack <= 0)) return [];
  return PILE_SHIFTS.map((shift): SlackScale => {
    const offset = shift * -least - least;
    return { at: (slack) => Math.log1p(slack / offset), slope: (slack) => 1 / (offset + slack) };
  });
}

/** Log probability with which the points left out one by one are put on their side of zero. */
function sideScore(data: OutcomeData, sample: OutcomeData, memory: ModelMemory): number {
  const gp = conditionModel(data, explain(sample, JUDGED, memory).model);
  const bound = transform(gp.transform, 0);
  const { residuals, deviations } = leaveOneOut(gp);
  return gp.targets.reduce((sum, target, i) => {
    const z = (bound - (target - residuals[i]!)) / deviations[i]!;
    return sum + normalLogCdf(data.losses[i]! <= 0 ? z : -z);
  }, 0);
}

/** Logarithms of the distance from either end, unless slacks pile up there (a share that cannot be less than none) or zero lies beyond. */
function endScales(prefix: OutcomeData, { losses }: OutcomeData): SlackScale[] {
  return [1, -1].flatMap((side) => {
    const end = losses.reduce((low, slack) => Math.min(low, side * slack), Number.POSITIVE_INFINITY);
    const distances = prefix.losses.map((slack) => side * slack - end).sort();
    const middle = distances[Math.floor(distances.length / 2)]!;
    const near = distances[Math.max(1, Math.floor(distances.length / 10))]!;
    if (!(near > PILED * middle) || end > 0) return [];
    return SHIFTS.map((shift): SlackScale => {
      const offset = shift * middle - end;
      return {
        at: (slack) => side * Math.log1p((side * slack) / offset),
        slope: (slack) => 1 / (offset + side * slack),
      };
    });
  });
}
