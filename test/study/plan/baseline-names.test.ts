import { expect, it } from 'vitest';
import { requireBaselineNames } from '../../../src/study/plan/baseline-names.ts';
import type { StudySpec } from '../../../src/study/plan/study-spec.ts';
import type { StrategyTemplate } from '../../../src/study/plan/template.ts';

const template = { config: { long_prefill_token_threshold: '${' + 'prefill_threshold}', tp: '${' + 'tp}' } };
const check = (baseline: StudySpec['baseline']) => () =>
  requireBaselineNames({ baseline } as StudySpec, { parameters: [] }, template as unknown as StrategyTemplate);

it('the baseline of a study names parameters and holes of its strategy alone', () => {
  expect(check({ prefill_threshold: 256, tp: 1 })).not.toThrow();
  expect(check(false)).not.toThrow();
  expect(check({ prefil_threshold: 256 })).toThrow(
    expect.objectContaining({
      message: 'unknown parameter "prefil_threshold"',
      path: ['baseline', 'prefil_threshold'],
      suggestion: expect.stringMatching(/^did you mean "prefill_threshold"\?/),
    }),
  );
});
