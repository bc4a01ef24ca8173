import { textHash } from '../../base/json.ts';
import type { PlanSources } from '../../study/plan/plan-sources.ts';

/** Modules of elsewhere run with the rights of the user, and are not under the project's version control. */
export function outsideNotices({ policies }: PlanSources): readonly string[] {
  return policies
    .filter(({ outside }) => outside === true)
    .map(
      ({ file, text }) =>
        `policy module ${file} lies outside of the project; the plan holds its text, SHA-256 ${textHash(text)}`,
    );
}
