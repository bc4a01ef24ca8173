export type Scalar = number | string | boolean | null;

export type ParameterValue = Scalar | readonly number[];

/** Values by parameter name; inactive conditional parameters are absent. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** Holds where a parameter takes one of these values, or lies in this closed range. */
export type Condition =
  | { readonly parameter: string; readonly in: readonly Scalar[] }
  | { readonly parameter: string; readonly low: number; readonly high: number };

interface ParameterBase {
  readonly name: string;
  /** On an earlier parameter; absent for a parameter that is always active. */
  readonly activeWhen?: Condition;
}

interface RangeParameter extends ParameterBase {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Distance of the values low, low + step, … ≤ high; absent: every real, every integer. Not with `log`. */
  readonly step?: number;
}

export interface RealParameter extends RangeParameter {
  readonly kind: 'real';
}

/** Both ends belong to the range. */
export interface IntegerParameter extends RangeParameter {
  readonly kind: 'integer';
}

/** Ordered levels; the surrogate sees their rank. */
export interface OrdinalParameter extends ParameterBase {
  readonly kind: 'ordinal';
  readonly levels: readonly (number | string)[];
}

/** Unordered choices. */
export interface CategoricalParameter extends ParameterBase {
  readonly kind: 'categorical';
  readonly choices: readonly Scalar[];
}

/** Non-negative weights that sum to 1: `components.length - 1` degrees of freedom. */
export interface SimplexParameter extends ParameterBase {
  readonly kind: 'simplex';
  readonly components: readonly string[];
}

export type Parameter = RealParameter | IntegerParameter | OrdinalParameter | CategoricalParameter | SimplexParameter;

/** Σ factor · value ≤ atMost, on real, integer and numeric ordinal parameters; asked only where all of them are active. */
export interface LinearConstraint {
  /** As it was written, for messages. */
  readonly text: string;
  readonly terms: readonly LinearTerm[];
  readonly atMost: number;
}

export interface LinearTerm {
  readonly parameter: string;
  readonly factor: number;
}

/** Conditions that must not all hold at once; one on an inactive parameter does not hold. */
export type ForbiddenCombination = readonly Condition[];

/** Ordered list; a condition of activity refers to an earlier parameter. */
export interface SearchSpace {
  readonly parameters: readonly Parameter[];
  readonly linear?: readonly LinearConstraint[];
  readonly forbidden?: readonly ForbiddenCombination[];
}
