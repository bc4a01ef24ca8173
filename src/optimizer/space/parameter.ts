export type ParameterValue = number | string | boolean | readonly number[];

/** Values by parameter name; inactive conditional parameters are absent. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** Active only where an earlier parameter takes one of these values, or lies in this closed range. */
export type Activation =
  | { readonly parameter: string; readonly in: readonly (number | string | boolean)[] }
  | { readonly parameter: string; readonly low: number; readonly high: number };

interface ParameterBase {
  readonly name: string;
  readonly activeWhen?: Activation;
}

export interface RealParameter extends ParameterBase {
  readonly kind: 'real';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** Both ends belong to the range. */
export interface IntegerParameter extends ParameterBase {
  readonly kind: 'integer';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** Ordered levels; the surrogate sees their rank. */
export interface OrdinalParameter extends ParameterBase {
  readonly kind: 'ordinal';
  readonly levels: readonly (number | string)[];
}

/** Unordered choices. */
export interface CategoricalParameter extends ParameterBase {
  readonly kind: 'categorical';
  readonly choices: readonly (number | string | boolean)[];
}

/** Non-negative weights that sum to 1: `components.length - 1` degrees of freedom. */
export interface SimplexParameter extends ParameterBase {
  readonly kind: 'simplex';
  readonly components: readonly string[];
}

export type Parameter = RealParameter | IntegerParameter | OrdinalParameter | CategoricalParameter | SimplexParameter;

/** Ordered list; a condition refers to an earlier parameter. */
export interface SearchSpace {
  readonly parameters: readonly Parameter[];
}
