import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import type { MetricSpec } from '../simulators/simulator.ts';

/**
 * A figure computed from a simulation's diagnostics, for experiments that ask about a mechanism rather than about a
 * metric of the backend.
 */
export interface DiagnosticFigure {
  readonly name: string;
  /** Keys joined by dots; a list is walked through, e.g. `instances.completed`. */
  readonly path: string;
  /**
   * `value` = the number itself, the others over the numbers of a list: `max-share` and `first-share` are the largest
   * and the first number over their sum (0 where the sum is 0), `sum`, `mean` and `max` what they say.
   */
  readonly statistic: FigureStatistic;
  readonly better: MetricSpec['better'];
  readonly unit: string;
  readonly description: string;
}

export const FIGURE_STATISTICS = ['value', 'max-share', 'first-share', 'sum', 'mean', 'max'] as const;
export type FigureStatistic = (typeof FIGURE_STATISTICS)[number];

export function figureMetric({ name, unit, better, description }: DiagnosticFigure): MetricSpec {
  return { name, unit, better, description };
}

/** The figures by name. @throws RangeError where a path leads to no number */
export function figureValues(
  figures: readonly DiagnosticFigure[],
  diagnostics: JsonObject | undefined,
): Record<string, number> {
  return Object.fromEntries(figures.map((figure) => [figure.name, figureValue(figure, diagnostics)]));
}

function figureValue({ name, path, statistic }: DiagnosticFigure, diagnostics: JsonObject | undefined): number {
  const numbers = numbersAt(diagnostics ?? {}, path.split('.'));
  if (numbers.length === 0) throw new RangeError(`figure ${name}: the diagnostics have no number at "${path}"`);
  const sum = numbers.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'value':
      return numbers[0]!;
    case 'max-share':
      return sum === 0 ? 0 : Math.max(...numbers) / sum;
    case 'first-share':
      return sum === 0 ? 0 : numbers[0]! / sum;
    case 'sum':
      return sum;
    case 'mean':
      return sum / numbers.length;
    case 'max':
      return Math.max(...numbers);
    default:
      return statistic satisfies never;
  }
}

function numbersAt(node: Json | undefined, steps: readonly string[]): number[] {
  if (Array.isArray(node)) return node.flatMap((item: Json) => numbersAt(item, steps));
  if (steps.length === 0) return typeof node === 'number' ? [node] : [];
  return isJsonObject(node ?? null) ? numbersAt((node as JsonObject)[steps[0]!], steps.slice(1)) : [];
}
