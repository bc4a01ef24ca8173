import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import type { StudySpec } from './study-spec.ts';
import { type BaselineValue, baselineValues, type StrategyTemplate } from './template.ts';

/** What a backend does where a setting is not given, for each parameter that is the whole value of one: `${name}`. */
export function defaultsOfHoles(
  config: Json,
  defaults: Readonly<Record<string, string | number | boolean>>,
): Readonly<Record<string, BaselineValue>> {
  if (!isJsonObject(config)) return {};
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const hole = typeof value === 'string' ? /^\$\{([^}.[]+)\}$/.exec(value)?.[1] : undefined;
      return hole === undefined || !Object.hasOwn(defaults, key) ? [] : [[hole, defaults[key]!]];
    }),
  );
}

export interface StatedBaseline {
  readonly values: ParameterValues;
  /** Parameters without a value of their own, in a baseline that gives others. */
  readonly lowest: readonly string[];
}

/**
 * The point to compare with, where somebody stated one: the study, the strategy, or the backend by its defaults.
 * @param template - its baseline holds what all three say
 * @throws InputError for a study over several workloads that needs one
 */
export function statedBaseline(
  template: StrategyTemplate,
  space: SearchSpace,
  spec: Pick<StudySpec, 'baseline' | 'workloads' | 'vary' | 'regime'>,
): StatedBaseline | null {
  if (spec.baseline === false) return null;
  const values = baselineValues(template, space);
  const names = Object.keys(values);
  const lowest = names.filter((name) => !Object.hasOwn(template.baseline, name));
  if (lowest.length < names.length || names.length === 0) return { values, lowest };
  if ((spec.workloads ?? spec.vary) !== undefined && spec.regime?.endsWith('-value') !== true) {
    throw new InputError('needs a baseline: figures of several workloads are compared with it', {
      suggestion: 'give one under `baseline`, or say `regime: worst-value`',
    });
  }
  return null;
}
