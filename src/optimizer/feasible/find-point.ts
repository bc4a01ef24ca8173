import { type Constraint, solve } from 'yalps';
import { decode, encode } from '../space/encode.ts';
import type { LinearConstraint, Parameter, ParameterValue, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { excessShare, SUM_TOLERANCE } from '../space/relations.ts';
import { holdsOn, type Piece, piecesOf, tiedParameters } from './pieces.ts';
import { type ProgramRow, ProgramVariable } from './program-variable.ts';

export type FoundPoint =
  | { readonly kind: 'found'; readonly values: ParameterValues }
  | { readonly kind: 'none' }
  | { readonly kind: 'gave-up' };

/** Bounds the search of spaces whose combinations are a puzzle of their own. */
const MOST_NODES = 4000;
const MOST_PROGRAMS = 400;
const MOST_BRANCHES = 2000;

/**
 * A point of the space near `target` by exhaustive search: every parameter that something refers to is bound to a piece of its
 * domain on which all conditions have one answer, pieces near the target first; what is left is a linear program with
 * integers.
 * @param target - in the cube
 * @param margin - share of a constraint's size by which sums with reals stay below their bound
 */
export function findPoint(space: SearchSpace, target: ArrayLike<number>, margin: number): FoundPoint {
  return new PointSearch(space, unconditional(space, target), margin).run();
}

/** Values of all parameters, as if each were active. */
function unconditional(space: SearchSpace, cube: ArrayLike<number>): ParameterValues {
  const parameters = space.parameters.map(({ activeWhen: _, ...parameter }) => parameter as Parameter);
  return decode({ parameters }, cube);
}

class PointSearch {
  readonly #space: SearchSpace;
  readonly #target: ParameterValues;
  readonly #margin: number;
  readonly #tied: ReadonlySet<string>;
  readonly #pieces = new Map<string, Piece>();
  #nodes = 0;
  #programs = 0;
  #undecided = false;

  constructor(space: SearchSpace, target: ParameterValues, margin: number) {
    this.#space = space;
    this.#target = target;
    this.#margin = margin;
    this.#tied = tiedParameters(space);
  }

  run(): FoundPoint {
    const values = this.#descend(0);
    if (values !== null) return { kind: 'found', values };
    return { kind: this.#undecided || this.#exhausted() ? 'gave-up' : 'none' };
  }

  #exhausted(): boolean {
    return this.#nodes > MOST_NODES || this.#programs > MOST_PROGRAMS;
  }

  #descend(index: number): ParameterValues | null {
    if (this.#exhausted() || this.#isForbidden() || this.#isTooMuch()) return null;
    const parameter = this.#space.parameters[index];
    if (parameter === undefined) return this.#solve();
    if (!this.#isActive(parameter) || !this.#tied.has(parameter.name)) return this.#descend(index + 1);
    for (const piece of this.#nearestFirst(parameter)) {
      this.#nodes++;
      this.#pieces.set(parameter.name, piece);
      const found = this.#descend(index + 1);
      this.#pieces.delete(parameter.name);
      if (found !== null) return found;
    }
    return null;
  }

  #isActive({ activeWhen }: Parameter): boolean {
    if (activeWhen === undefined) return true;
    const piece = this.#pieces.get(activeWhen.parameter);
    return piece !== undefined && holdsOn(activeWhen, piece);
  }

  #nearestFirst(parameter: Parameter): readonly Piece[] {
    const pieces = piecesOf(parameter, this.#space);
    const wanted = this.#target[parameter.name]!;
    const position = pieces.findIndex((piece) => piece.kind === 'value' && piece.value === wanted);
    const distance = (piece: Piece, index: number): number => {
      if (piece.kind === 'range') return Math.max(0, piece.low - (wanted as number), (wanted as number) - piece.high);
      return parameter.kind === 'categorical' ? Number(index !== position) : Math.abs(index - position);
    };
    return pieces
      .map((piece, index) => ({ piece, index, away: distance(piece, index) }))
      .sort((a, b) => a.away - b.away || a.index - b.index)
      .map(({ piece }) => piece);
  }

  #isForbidden(): boolean {
    return (this.#space.forbidden ?? []).some((combination) =>
      combination.every((condition) => {
        const piece = this.#pieces.get(condition.parameter);
        return piece !== undefined && holdsOn(condition, piece);
      }),
    );
  }

  /** Whether a constraint between bound parameters cannot hold whatever values their pieces give. */
  #isTooMuch(): boolean {
    return this.#bound().some(({ terms, atMost }) => {
      const least = terms.map(({ parameter, factor }) => {
        const [low, high] = endsOf(this.#pieces.get(parameter)!);
        return Math.min(factor * low, factor * high);
      });
      const sum = least.reduce((total, value) => total + value, 0);
      const size = least.reduce((total, value) => total + Math.abs(value), Math.abs(atMost));
      return excessShare(sum, atMost, size) > SUM_TOLERANCE;
    });
  }

  #bound(): readonly LinearConstraint[] {
    return (this.#space.linear ?? []).filter(({ terms }) =>
      terms.every(({ parameter }) => this.#pieces.has(parameter)),
    );
  }

  /** All pieces are chosen. Parameters that nothing refers to take the target's values. */
  #solve(): ParameterValues | null {
    this.#programs++;
    const numbers = this.#numbers();
    if (numbers === null) return null;
    const values: Record<string, ParameterValue> = {};
    for (const parameter of this.#space.parameters) {
      const { name } = parameter;
      if (!this.#isActive(parameter)) continue;
      const piece = this.#pieces.get(name);
      values[name] = piece?.kind === 'value' ? piece.value : (numbers.get(name) ?? this.#target[name]!);
    }
    return decode(this.#space, encode(this.#space, values));
  }

  /** Values of all ranges: as near to the target as the constraints allow, in the sum of distances as shares of the ranges. */
  #numbers(): ReadonlyMap<string, number> | null {
    const ranges = this.#space.parameters.flatMap((parameter) => {
      const piece = this.#pieces.get(parameter.name);
      return piece?.kind === 'range'
        ? [new ProgramVariable(parameter, piece, this.#target[parameter.name] as number)]
        : [];
    });
    const constraints = new Map<string, Constraint>();
    const rows = this.#bound().map((constraint) => this.#row(constraint, ranges));
    for (const [index, { room }] of rows.entries()) constraints.set(`row ${index}`, { max: room });
    for (const one of ranges) one.addTo(constraints);
    const solution = solve(
      {
        direction: 'minimize',
        objective: 'distance',
        constraints,
        variables: ranges.flatMap((one) => one.columns(rows)),
        integers: ranges.flatMap(({ mode, name }) => (mode === 'whole' ? [name] : [])),
      },
      { maxIterations: MOST_BRANCHES, includeZeroVariables: true },
    );
    if (solution.status === 'timedout' || solution.status === 'cycled') this.#undecided = true;
    if (!Number.isFinite(solution.result)) {
      // What is rounded afterwards was kept at a distance from the bounds.
      if (ranges.some(({ mode }) => mode === 'fine')) this.#undecided = true;
      return null;
    }
    const steps = new Map(solution.variables);
    return new Map(ranges.map((one) => [one.name, one.value(steps.get(one.name) ?? 0)]));
  }

  /** A constraint as a row of the program, as shares of its size: what it leaves to the ranges above their low ends. */
  #row({ terms, atMost }: LinearConstraint, ranges: readonly ProgramVariable[]): ProgramRow {
    let room = atMost;
    let size = Math.abs(atMost);
    let smooth = false;
    for (const { parameter, factor } of terms) {
      const [low, high] = endsOf(this.#pieces.get(parameter)!);
      const variable = ranges.find(({ name }) => name === parameter);
      room -= factor * (variable?.low ?? low) + Math.abs(factor) * (variable?.rounding ?? 0);
      size += Math.abs(factor) * Math.max(Math.abs(low), Math.abs(high));
      if (variable?.mode === 'smooth') smooth = true;
    }
    if (size === 0) size = 1;
    return {
      factors: new Map(terms.map(({ parameter, factor }) => [parameter, factor / size])),
      room: room / size - (smooth ? this.#margin : -SUM_TOLERANCE),
    };
  }
}

function endsOf(piece: Piece): readonly [number, number] {
  if (piece.kind === 'range') return [piece.low, piece.high];
  return [piece.value as number, piece.value as number];
}
