import { Matrix } from 'ml-matrix';
import { fitLine, type LineFit, predictLine, rankCorrelation } from '../../numeric/line-fit.ts';
import { allPositive } from '../../numeric/statistics.ts';
import { fitTwoWay, type TwoWayLayout } from '../../numeric/two-way-layout.ts';
import { mean, metricValues } from '../objective.ts';
import type { Replicate, Trial } from '../trial.ts';

/** Trials with all seeds, in trial order. */
export function completeTrials(trials: readonly Trial[]): readonly Trial[] {
  return trials.filter(({ outcome }) => outcome?.kind === 'observed');
}

/** Mean of one metric over the seeds of a complete trial; NaN of any other. */
export function completeMean(trial: Trial, metric: string): number {
  return mean(valuesOf(trial, metric));
}

/** The layout of one metric over complete trials; logarithmic when these and `known` are positive. */
export function metricLayout(
  complete: readonly Trial[],
  metric: string,
  known: readonly number[],
): TwoWayLayout | null {
  const rows = complete.map((trial) => valuesOf(trial, metric));
  return fitTwoWay(new Matrix(rows), allPositive(known) && rows.every(allPositive));
}

/** What short horizons say about the means over whole ones, learned from the trials that had both. */
export interface HorizonModel {
  readonly logarithmic: boolean;
  /** From the short mean to the mean over all seeds, on the model's scale. */
  readonly line: LineFit;
  readonly rankCorrelation: number;
}

/** The mean that a short result lets expect. */
export interface HorizonExpectation {
  readonly mean: number;
  /** On the model's scale: relative where that is logarithmic. */
  readonly deviation: number;
}

/** Complete trials that were also measured on the short horizon. */
export function pairedTrials(complete: readonly Trial[]): readonly Trial[] {
  return complete.filter(({ outcome }) => outcome?.kind === 'observed' && outcome.short !== undefined);
}

/** Mean of one metric over the short runs of a trial; NaN without any. */
export function shortMean({ outcome }: Trial, metric: string): number {
  const short = outcome?.kind === 'observed' || outcome?.kind === 'stopped' ? outcome.short : undefined;
  return mean(metricValues(short ?? [], metric));
}

/** @param pairs - see `pairedTrials` */
export function horizonModel(
  pairs: readonly Trial[],
  metric: string,
  short: readonly Replicate[],
): HorizonModel | null {
  const x = pairs.map((trial) => shortMean(trial, metric));
  const y = pairs.map((trial) => completeMean(trial, metric));
  const logarithmic = allPositive(x) && allPositive(y) && allPositive([mean(metricValues(short, metric))]);
  const line = logarithmic ? fitLine(x.map(Math.log), y.map(Math.log)) : fitLine(x, y);
  return line === null ? null : { logarithmic, line, rankCorrelation: rankCorrelation(x, y) };
}

export function expectedOfShort(model: HorizonModel, short: readonly Replicate[], metric: string): HorizonExpectation {
  const value = mean(metricValues(short, metric));
  const { mean: expected, deviation } = predictLine(model.line, model.logarithmic ? Math.log(value) : value);
  return { mean: model.logarithmic ? Math.exp(expected) : expected, deviation };
}

function valuesOf({ outcome }: Trial, metric: string): number[] {
  return outcome?.kind === 'observed' ? metricValues(outcome.replicates, metric) : [];
}
