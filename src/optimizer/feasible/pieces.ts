import type { Condition, Parameter, Scalar, SearchSpace } from '../space/parameter.ts';

/** A part of a parameter's domain on which every condition of the space has one answer. */
export type Piece =
  | { readonly kind: 'value'; readonly value: Scalar }
  | { readonly kind: 'range'; readonly low: number; readonly high: number };

/** Open ends of ranges keep this share of the range away from the value that they exclude. */
const GAP = 1e-9;

/** The pieces of a parameter; none for a simplex, whose weights nothing refers to. */
export function piecesOf(parameter: Parameter, space: SearchSpace): readonly Piece[] {
  switch (parameter.kind) {
    case 'categorical':
      return parameter.choices.map((value) => ({ kind: 'value', value }));
    case 'ordinal':
      return parameter.levels.map((value) => ({ kind: 'value', value }));
    case 'real':
    case 'integer':
      return rangesOf(parameter, conditionsOn(parameter.name, space));
    case 'simplex':
      return [];
    default:
      return parameter satisfies never;
  }
}

/** Names of the parameters that relations or conditions of others speak of. */
export function tiedParameters({ parameters, linear = [], forbidden = [] }: SearchSpace): ReadonlySet<string> {
  return new Set([
    ...parameters.flatMap(({ activeWhen }) => (activeWhen === undefined ? [] : [activeWhen.parameter])),
    ...linear.flatMap(({ terms }) => terms.map(({ parameter }) => parameter)),
    ...forbidden.flatMap((combination) => combination.map(({ parameter }) => parameter)),
  ]);
}

function conditionsOn(name: string, { parameters, forbidden = [] }: SearchSpace): Condition[] {
  const all = [...parameters.flatMap(({ activeWhen }) => activeWhen ?? []), ...forbidden.flat()];
  return all.filter(({ parameter }) => parameter === name);
}

function rangesOf(
  { low, high, kind, step }: Extract<Parameter, { kind: 'real' | 'integer' }>,
  conditions: readonly Condition[],
): Piece[] {
  const closed = conditions.flatMap((condition) =>
    'in' in condition
      ? condition.in.flatMap((value) => (typeof value === 'number' ? [{ low: value, high: value }] : []))
      : [condition],
  );
  const gap = kind === 'integer' ? 1 : step === undefined ? GAP * (high - low) : step * 1e-3;
  // Every place where an answer may change: a closed range begins at its low end and is left just after its high end.
  const starts = new Set([low]);
  for (const range of closed)
    for (const at of [range.low, range.high + gap]) if (at > low && at <= high) starts.add(at);
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.flatMap((start, index): Piece[] => {
    const next = sorted[index + 1];
    const end = next === undefined ? high : next - gap;
    return end >= start ? [{ kind: 'range', low: start, high: end }] : [];
  });
}

/** Whether a condition on this parameter holds on a piece; it holds for all values of the piece or for none. */
export function holdsOn(condition: Condition, piece: Piece): boolean {
  const value = piece.kind === 'value' ? piece.value : (piece.low + piece.high) / 2;
  if ('in' in condition) return condition.in.some((allowed) => allowed === value);
  return typeof value === 'number' && value >= condition.low && value <= condition.high;
}
