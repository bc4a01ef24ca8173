const LENGTH = 607;
const OFFSET = 334;
const LEHMER_MODULUS = 2_147_483_647;

/**
 * The 607-word whitening table of the generator, recomputed: the register of the unwhitened recurrence
 * y(n) = y(n−607) + y(n−273), started from seed 1 with shifts 20 and 10, after 7.8·10^12 steps.
 * The steps are jumped over by computing t^N modulo t^607 = t^334 + 1 with 64-bit coefficients.
 */
export function computeWhiteningTable(): BigUint64Array {
  const start = lehmerRegister();
  const sequence = new BigUint64Array(2 * LENGTH);
  for (let k = 0; k < sequence.length; k++) {
    sequence[k] =
      k < LENGTH ? start[mod(OFFSET - (k - (LENGTH - 1)), LENGTH)]! : sequence[k - LENGTH]! + sequence[k - 273]!;
  }
  const steps = 7_800_000_000_000;
  const remainder = powerOfT(BigInt(steps));
  const table = new BigUint64Array(LENGTH);
  const sum = new BigUint64Array(1);
  for (let j = 0; j < LENGTH; j++) {
    sum[0] = 0n;
    for (let i = 0; i < LENGTH; i++) {
      if (remainder[i] !== 0n) sum[0] = sum[0]! + BigInt.asUintN(64, remainder[i]! * sequence[i + j]!);
    }
    table[mod(OFFSET - (steps - (LENGTH - 1) + j), LENGTH)] = sum[0]!;
  }
  return table;
}

function lehmerRegister(): BigUint64Array {
  let x = 1;
  const step = (): bigint => {
    x = (48_271 * x) % LEHMER_MODULUS;
    return BigInt(x);
  };
  for (let i = 0; i < 20; i++) step();
  const register = new BigUint64Array(LENGTH);
  for (let p = 0; p < LENGTH; p++) register[p] = (step() << 20n) ^ (step() << 10n) ^ step();
  return register;
}

function powerOfT(exponent: bigint): BigUint64Array {
  const bits = exponent.toString(2);
  let power: BigUint64Array = new BigUint64Array(LENGTH);
  power[0] = 1n;
  for (const bit of bits) {
    power = reduce(square(power));
    if (bit === '1') {
      const shifted = new BigUint64Array(2 * LENGTH);
      shifted.set(power, 1);
      power = reduce(shifted);
    }
  }
  return power;
}

function square(a: BigUint64Array): BigUint64Array {
  const product = new BigUint64Array(2 * LENGTH);
  for (let i = 0; i < LENGTH; i++) {
    if (a[i] === 0n) continue;
    for (let j = 0; j < LENGTH; j++) {
      if (a[j] !== 0n) product[i + j] = product[i + j]! + BigInt.asUintN(64, a[i]! * a[j]!);
    }
  }
  return product;
}

function reduce(a: BigUint64Array): BigUint64Array {
  for (let d = a.length - 1; d >= LENGTH; d--) {
    a[d - LENGTH] = a[d - LENGTH]! + a[d]!;
    a[d - 273] = a[d - 273]! + a[d]!;
  }
  return a.slice(0, LENGTH);
}

function mod(a: number, n: number): number {
  return ((a % n) + n) % n;
}
