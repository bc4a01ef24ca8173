import { describe, expect, it } from 'vitest';
import { goExp, goGamma, goLog, goPow } from '../../../src/simulators/workload/go-math.ts';
import { readFixture } from './fixtures.ts';

/** Arguments u (log, pow base), y (pow exponent), e (exp), g (gamma) and results, all as bit patterns. */
type Vector = Readonly<Record<'u' | 'y' | 'e' | 'g' | 'log' | 'exp' | 'pow' | 'gamma', string>>;

const { mathlib } = readFixture<{ readonly mathlib: readonly Vector[] }>('rng');

function value(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}

describe('elementary functions', () => {
  it.each([
    ['log', (v: Vector) => goLog(value(v.u))],
    ['exp', (v: Vector) => goExp(value(v.e))],
    ['pow', (v: Vector) => goPow(value(v.u), value(v.y))],
    ['gamma', (v: Vector) => goGamma(value(v.g))],
  ] as const)('%s equals the reference to the last bit', (name, result) => {
    const wrong = mathlib.filter((v) => result(v) !== value(v[name]));
    expect(wrong).toEqual([]);
  });

  it('know their limits', () => {
    expect(goLog(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(goLog(-1)).toBeNaN();
    expect(goExp(710)).toBe(Number.POSITIVE_INFINITY);
    expect(goExp(-800)).toBe(0);
    expect(goExp(0)).toBe(1);
    expect(goPow(0, 4)).toBe(0);
    expect(goPow(0, -4)).toBe(Number.POSITIVE_INFINITY);
    expect(goPow(3, 0)).toBe(1);
    expect(goPow(2, -3)).toBe(0.125);
    expect(goPow(Number.MIN_VALUE, 4)).toBe(0);
    expect(goPow(9, 0.5)).toBe(3);
    expect(goGamma(5)).toBe(24);
  });
});
