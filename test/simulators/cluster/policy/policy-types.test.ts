import { describe, expectTypeOf, it } from 'vitest';
import type { InstanceView, RequestView, Scorer } from '../../../../src/simulators/cluster/policy/policy.ts';

type KeyLike<T, Part extends string> = Extract<keyof T, `${string}${Part}${string}`>;

describe('what a policy may see', () => {
  it('has no output length and no output budget in it', () => {
    expectTypeOf<KeyLike<RequestView, 'output' | 'Output'>>().toEqualTypeOf<never>();
    expectTypeOf<KeyLike<InstanceView, 'output' | 'Output'>>().toEqualTypeOf<never>();
    expectTypeOf<Parameters<Scorer['score']>[0]>().toEqualTypeOf<RequestView>();
    // @ts-expect-error the true output length is the simulator's secret
    const peek = (view: RequestView) => view.outputTokens;
    expectTypeOf(peek).toBeFunction();
  });

  it('cannot be changed', () => {
    // @ts-expect-error views are read-only
    const tamper = (view: RequestView) => (view.inputTokens = 1);
    expectTypeOf(tamper).toBeFunction();
  });
});
