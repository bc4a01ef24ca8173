import type { IntegerParameter, Parameter, RealParameter, SearchSpace } from './parameter.ts';

/** A last value this near to the end of a range, in steps, still belongs to it: 0.1 · 3 is not 0.3. */
const STEP_TOLERANCE = 1e-9;
/** Most decimals that `toFixed` gives. */
const MOST_DECIMALS = 100;

/** Number of values a parameter can take; Infinity for simplexes and reals without a step. */
export function levelCount(parameter: Parameter): number {
  switch (parameter.kind) {
    case 'integer':
      return steps(parameter, parameter.step ?? 1);
    case 'ordinal':
      return parameter.levels.length;
    case 'categorical':
      return parameter.choices.length;
    case 'real':
      if (parameter.low === parameter.high) return 1;
      return parameter.step === undefined ? Number.POSITIVE_INFINITY : steps(parameter, parameter.step);
    case 'simplex':
      return Number.POSITIVE_INFINITY;
    default:
      return parameter satisfies never;
  }
}

/** Product of the level counts, conditions and constraints left aside; Infinity with a simplex or a real without a step. */
export function boxSize(space: SearchSpace): number {
  return space.parameters.reduce((size, parameter) => size * levelCount(parameter), 1);
}

function steps({ low, high }: RealParameter | IntegerParameter, step: number): number {
  return Math.floor((high - low) / step + STEP_TOLERANCE) + 1;
}

/** The level-th value of a stepped range, with no more decimals than low and step have. */
export function steppedValue({ low, high, step = 1 }: RealParameter | IntegerParameter, level: number): number {
  const value = low + level * step;
  if (Number.isInteger(low) && Number.isInteger(step)) return value;
  return Math.min(high, Number(value.toFixed(Math.min(MOST_DECIMALS, Math.max(decimals(low), decimals(step))))));
}

/** Whether `value` is one of the values low, low + step, …, rounding aside. */
export function isOnStep({ low, step }: RealParameter | IntegerParameter, value: number): boolean {
  if (step === undefined) return true;
  const level = (value - low) / step;
  return Math.abs(level - Math.round(level)) <= STEP_TOLERANCE * Math.max(1, Math.abs(level));
}

function decimals(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e');
  const fraction = digits!.split('.')[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent));
}
