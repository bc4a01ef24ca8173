import { type OutcomeData, type SelectEffort, selectModels } from './fit.ts';
import { checkpoint, keyOf, type ModelMemory, range, representative, rowsOf } from './model-choice.ts';
import { fitTransform, IDENTITY } from './outcome-transform.ts';

/** Largest slack, in units of the lower quartile of their sizes, up to which slacks are taken as they are. */
const WIDE = 10;
const SAMPLE = 40;
const EFFORT: SelectEffort = { firstIterations: 6, shapeIterations: 0, finalIterations: 8, families: 1 };

/**
 * Slacks on a scale on which their zero can be seen: as they are, or sign(s) log(1 + |s| / c), c the lower quartile of |s|,
 * where they spread widely and a process explains them better so. Stresses that grow without bound, or a share of lost requests
 * between −0.01 and 1, otherwise put all points near the bound in one place.
 */
export function aroundZero(data: OutcomeData, memory: ModelMemory): OutcomeData {
  const prefix = rowsOf(data, range(checkpoint(data.losses.length)));
  const sizes = prefix.losses.map(Math.abs).sort();
  const unit = sizes[Math.floor(sizes.length / 4)]!;
  if (!(unit > 0) || !(sizes.at(-1)! / unit > WIDE)) return data;
  const sample = rowsOf(prefix, representative(prefix, SAMPLE));
  const jacobian = sample.losses.reduce((sum, slack) => sum - Math.log(unit + Math.abs(slack)), 0);
  const bent = bend(sample, unit);
  return density(bent, memory) + jacobian > density(sample, memory) ? bend(data, unit) : data;
}

function bend(data: OutcomeData, unit: number): OutcomeData {
  return {
    points: data.points,
    losses: data.losses.map((slack) => Math.sign(slack) * Math.log1p(Math.abs(slack) / unit)),
    variances: data.variances.map((variance, i) => variance / (unit + Math.abs(data.losses[i]!)) ** 2),
  };
}

/** Log posterior density of the most probable process, per unit of slack. */
function density(data: OutcomeData, memory: ModelMemory): number {
  const [model] = memory.recall(`z${keyOf(data, [IDENTITY])}`, () => selectModels(data, [IDENTITY], EFFORT));
  const { span } = fitTransform(data.losses, IDENTITY);
  return model!.score - (span > 0 ? data.losses.length * (Math.log(span) + Math.LN2) : 0);
}
