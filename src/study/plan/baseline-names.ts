import { unknownName } from '../../base/errors.ts';
import type { SearchSpace } from '../../optimizer/space/parameter.ts';
import type { StudySpec } from './study-spec.ts';
import { holesOf, type StrategyTemplate } from './template.ts';

/** The study's own baseline may name parameters and holes alone. @throws InputError with the nearest name */
export function requireBaselineNames(
  { baseline }: StudySpec,
  { parameters }: SearchSpace,
  template: StrategyTemplate,
): void {
  if (baseline === false || baseline === undefined) return;
  const known = [...new Set([...parameters.map(({ name }) => name), ...holesOf(template.config)])];
  const stray = Object.keys(baseline).find((name) => !known.includes(name));
  if (stray !== undefined) throw unknownName('parameter', stray, known, { path: ['baseline', stray] });
}
