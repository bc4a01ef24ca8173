import type { Coefficients, Constraint } from 'yalps';
import type { Parameter } from '../space/parameter.ts';
import type { Piece } from './pieces.ts';

/** Ranges with more steps than this are solved as reals and rounded: the solver cannot tell one step from nothing. */
const MOST_STEPS = 100_000;

/** A linear constraint as a row of the program, as shares of its size. */
export interface ProgramRow {
  /** By parameter. */
  readonly factors: ReadonlyMap<string, number>;
  readonly room: number;
}

/** A range as a variable ≥ 0 of a linear program: whole steps above its low end, or a share of its width. */
export class ProgramVariable {
  readonly name: string;
  /** `whole`: steps; `fine`: too many steps to count, rounded afterwards; `smooth`: a real. */
  readonly mode: 'smooth' | 'whole' | 'fine';
  /** Lowest value. */
  readonly low: number;
  /** How far a solution moves when it is rounded to a value. */
  readonly rounding: number;
  readonly #step: number | null;
  /** Value of one unit of the variable. */
  readonly #unit: number;
  readonly #most: number;
  readonly #wanted: number;

  constructor(parameter: Parameter, { low, high }: Extract<Piece, { kind: 'range' }>, target: number) {
    const { step, low: start } = parameter as { step?: number; low: number };
    this.name = parameter.name;
    this.#step = step ?? (parameter.kind === 'integer' ? 1 : null);
    // The first and the last value of the steps inside the piece.
    this.low = this.#step === null ? low : start + Math.ceil((low - start) / this.#step - 1e-9) * this.#step;
    const steps = this.#step === null ? null : Math.floor((high - this.low) / this.#step + 1e-9);
    this.mode = steps === null ? 'smooth' : steps > MOST_STEPS ? 'fine' : 'whole';
    const width = steps === null ? high - low : steps * this.#step!;
    this.#unit = this.mode === 'whole' ? this.#step! : width || 1;
    this.#most = this.mode === 'whole' ? steps! : Math.sign(width);
    this.rounding = this.mode === 'fine' ? this.#step! / 2 : 0;
    this.#wanted = Math.min(this.#most, Math.max(0, (target - this.low) / this.#unit));
  }

  /** Upper end, and the distance to the target split into its two sides. */
  addTo(constraints: Map<string, Constraint>): void {
    constraints.set(`most ${this.name}`, { max: this.#most });
    constraints.set(`wanted ${this.name}`, { equal: this.#wanted });
  }

  columns(rows: readonly ProgramRow[]): [string, Coefficients][] {
    const own = new Map([
      [`most ${this.name}`, 1],
      [`wanted ${this.name}`, 1],
    ]);
    for (const [index, { factors }] of rows.entries()) {
      const factor = factors.get(this.name);
      if (factor !== undefined) own.set(`row ${index}`, factor * this.#unit);
    }
    const weight = 1 / Math.max(1, this.#most);
    const side = (sign: 1 | -1): Coefficients => [
      [`wanted ${this.name}`, sign],
      ['distance', weight],
    ];
    return [
      [this.name, own],
      [`below ${this.name}`, side(1)],
      [`above ${this.name}`, side(-1)],
    ];
  }

  /** The parameter's value at a solution. */
  value(solution: number): number {
    const above = solution * this.#unit;
    return this.low + (this.#step === null ? above : Math.round(above / this.#step) * this.#step);
  }
}
