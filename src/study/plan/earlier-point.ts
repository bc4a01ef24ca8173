import type { ParameterValues } from '../../optimizer/space/parameter.ts';

/** A measured point of an earlier run; records of older versions tell values and metrics alone. */
export interface EarlierPoint {
  /** Folder of the run, as the study names it. */
  readonly run?: string;
  /** Seeds of the study that it was measured on: the metrics are means over these. */
  readonly seeds?: readonly number[];
  /** All seeds that it was measured on. */
  readonly measuredOn?: readonly number[];
  readonly otherWorkload?: true;
  readonly values: ParameterValues;
  readonly metrics: Readonly<Record<string, number>>;
}
