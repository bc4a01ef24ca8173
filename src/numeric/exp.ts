/** Up to this size e^x is 1 + x to rounding. */
const TINY = 2 ** -28;
/** Where 2^k needs no second step. */
const FAR = 700;
/** ln 2 in two parts, of which the first has trailing zeros: k times it is exact. */
const LN2_HIGH = 6.931_471_803_691_238e-1;
const LN2_LOW = 1.908_214_929_270_587_7e-10;
const INVERSE_LN2 = 1.442_695_040_888_963_4;
/** Just above ½ ln 2. */
const UNREDUCED = 1_453_635 / 2 ** 22;
const P1 = 1.666_666_666_666_660_2e-1;
const P2 = -2.777_777_777_701_559_3e-3;
const P3 = 6.613_756_321_437_934e-5;
const P4 = -1.653_390_220_546_525_2e-6;
const P5 = 4.138_136_797_057_238_5e-8;

const NEGATIVE_POWERS = Float64Array.from({ length: FAR * 2 }, (_, k) => 2 ** -k);

/**
 * e^x for x ≤ 0, within one unit in the last place: the formula behind `Math.exp` in V8, to the bit, which the compiler can
 * place inside of a loop. A call of `Math.exp` leaves the loop, and a fit takes a million of them.
 *
 * x = k ln 2 + r with |r| ≤ ½ ln 2, and e^r = 1 + 2r / (R(r) − r) with R(r) = r (e^r + 1) / (e^r − 1) as a polynomial in r².
 * @see Sun's fdlibm, `e_exp.c`
 */
export function expOfNonPositive(x: number): number {
  if (!(x < -TINY && x > -FAR)) return Math.exp(x);
  const k = x > -UNREDUCED ? 0 : (INVERSE_LN2 * x - 0.5) | 0;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  return (1 - (low - (r * c) / (2 - c) - high)) * NEGATIVE_POWERS[-k]!;
}
