import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoRandom, goRandom, seedResidue, subsystemSeed } from '../../../src/simulators/workload/go-random.ts';
import { RegisterBank } from '../../../src/simulators/workload/skip-kernel.ts';
import { WHITENING_TABLE_BASE64 } from '../../../src/simulators/workload/whitening-table.ts';
import { exponentialTables, normalTables } from '../../../src/simulators/workload/ziggurat.ts';
import { readFixture } from './fixtures.ts';
import { computeWhiteningTable } from './whitening-table.ts';

interface Bits {
  readonly bits: string;
}

interface LongRun {
  readonly sha256_le_f64: string;
  readonly next_int63_after: string;
}

interface RngCase {
  readonly seed: string;
  readonly uint64: readonly string[];
  readonly int63: readonly string[];
  readonly uint32: readonly string[];
  readonly int31: readonly string[];
  readonly intn_10: readonly string[];
  readonly intn_1024: readonly string[];
  readonly intn_128000: readonly string[];
  readonly intn_1500000000: readonly string[];
  readonly intn_3000000000: readonly string[];
  readonly intn_2p40: readonly string[];
  readonly float64: readonly Bits[];
  readonly norm: readonly Bits[];
  readonly exp: readonly Bits[];
  readonly perm_10: readonly string[];
  readonly shuffle_10: readonly string[];
  readonly float64_long?: LongRun;
  readonly norm_long?: LongRun;
  readonly exp_long?: LongRun;
}

interface RngFixture {
  readonly cases: readonly RngCase[];
  readonly tables: Readonly<Record<string, { readonly sha256: string }>>;
  readonly subsystems: Readonly<
    Record<string, { seed_for_master_0: string; seed_for_master_42: string; first_int63_master_42: string }>
  >;
}

const golden = readFixture<RngFixture>('rng');

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

function draws<T>(seed: string, count: number, draw: (rng: GoRandom) => T): T[] {
  const rng = goRandom(BigInt(seed));
  return Array.from({ length: count }, () => draw(rng));
}

const sha256 = (data: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

describe('the Go generator', () => {
  it('has a whitening table that follows from the recurrence', () => {
    const table = computeWhiteningTable();
    expect(sha256(table)).toBe(golden.tables['seed_whitening_607_u64_le']!.sha256);
    expect(Buffer.from(table.buffer).toString('base64')).toBe(WHITENING_TABLE_BASE64);
  });

  it('has the reference ziggurat tables', () => {
    for (const [name, tables, strips] of [
      ['normal', normalTables(), 128],
      ['exp', exponentialTables(), 256],
    ] as const) {
      expect(sha256(tables.k)).toBe(golden.tables[`${name}_k_${strips}_u32_le`]!.sha256);
      expect(sha256(tables.w)).toBe(golden.tables[`${name}_w_${strips}_f32_le`]!.sha256);
      expect(sha256(tables.f)).toBe(golden.tables[`${name}_f_${strips}_f32_le`]!.sha256);
    }
  });

  it.each(golden.cases.map((c) => [c.seed, c] as const))('reproduces every draw for seed %s', (seed, c) => {
    const texts = (name: keyof RngCase) => (c[name] as readonly unknown[]).map(String);
    expect(draws(seed, 20, (rng) => String(rng.uint64()))).toEqual(texts('uint64'));
    expect(draws(seed, 20, (rng) => String(rng.int63()))).toEqual(texts('int63'));
    expect(draws(seed, 20, (rng) => String(rng.uint32()))).toEqual(texts('uint32'));
    expect(draws(seed, 20, (rng) => String(rng.int31()))).toEqual(texts('int31'));
    expect(draws(seed, 20, (rng) => String(rng.intn(10)))).toEqual(texts('intn_10'));
    expect(draws(seed, 20, (rng) => String(rng.intn(1024)))).toEqual(texts('intn_1024'));
    expect(draws(seed, 20, (rng) => String(rng.intn(128_000)))).toEqual(texts('intn_128000'));
    expect(draws(seed, 20, (rng) => String(rng.token()))).toEqual(texts('intn_128000'));
    expect(draws(seed, 20, (rng) => String(rng.intn(1_500_000_000)))).toEqual(texts('intn_1500000000'));
    expect(draws(seed, 20, (rng) => String(rng.intn(3_000_000_000)))).toEqual(texts('intn_3000000000'));
    expect(draws(seed, 20, (rng) => String(rng.intn(2 ** 40)))).toEqual(texts('intn_2p40'));
    expect(draws(seed, 20, (rng) => bitsOf(rng.float64()))).toEqual(c.float64.map((v) => v.bits));
    expect(draws(seed, 20, (rng) => bitsOf(rng.normal()))).toEqual(c.norm.map((v) => v.bits));
    expect(draws(seed, 20, (rng) => bitsOf(rng.exponential()))).toEqual(c.exp.map((v) => v.bits));
    expect(goRandom(BigInt(seed)).perm(10).map(String)).toEqual(texts('perm_10'));
    const shuffled = goRandom(BigInt(seed)).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(shuffled.map(String)).toEqual(texts('shuffle_10'));
  });

  it.each(golden.cases.filter((c) => c.float64_long !== undefined).map((c) => [c.seed, c] as const))(
    'reproduces 200,000 uniform, normal and exponential draws in a row for seed %s',
    (seed, c) => {
      const long = (expected: LongRun | undefined, draw: (rng: GoRandom) => number) => {
        const rng = goRandom(BigInt(seed));
        const values = Float64Array.from({ length: 200_000 }, () => draw(rng));
        expect(sha256(values)).toBe(expected!.sha256_le_f64);
        expect(String(rng.int63())).toBe(expected!.next_int63_after);
      };
      long(c.float64_long, (rng) => rng.float64());
      long(c.norm_long, (rng) => rng.normal());
      long(c.exp_long, (rng) => rng.exponential());
    },
  );

  it('derives subsystem seeds from the master seed and the name', () => {
    for (const [name, expected] of Object.entries(golden.subsystems)) {
      expect(String(subsystemSeed(0, name))).toBe(expected.seed_for_master_0);
      expect(String(subsystemSeed(42n, name))).toBe(expected.seed_for_master_42);
      expect(String(goRandom(subsystemSeed(42, name)).int63())).toBe(expected.first_int63_master_42);
    }
    expect(subsystemSeed(-7, 'workload')).toBe(-7n);
  });

  it('reduces child seeds as the full 63-bit value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (seed) => {
        const value = goRandom(seed).int63();
        expect(goRandom(seed).childSeed()).toBe(seedResidue(value));
      }),
    );
  });

  it('skips tokens exactly as drawing them does', () => {
    const slot = new RegisterBank(1).slot();
    const counts = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.maxSafeInteger(), counts, (seed, runs) => {
        const drawn = goRandom(seed);
        const skipped = goRandom(seed);
        const banked = new GoRandom(seedResidue(seed), slot);
        for (const count of runs) {
          for (let i = 0; i < count; i++) drawn.token();
          skipped.skipTokens(count);
          banked.skipTokens(count);
          const next = drawn.uint32();
          expect(skipped.uint32()).toBe(next);
          expect(banked.uint32()).toBe(next);
        }
      }),
    );
  });

  it('counts rejected draws while skipping, with either kind of register', () => {
    const drawn = goRandom(42);
    const plain = goRandom(42);
    for (let i = 0; i < 1_000_000; i++) drawn.token();
    for (let i = 0; i < 1_000_000; i++) plain.uint32();
    const expected = drawn.uint64();
    expect(expected).not.toBe(plain.uint64());
    for (const slot of [null, new RegisterBank(1).slot()]) {
      const skipped = new GoRandom(seedResidue(42), slot);
      skipped.skipTokens(1_000_000);
      expect(skipped.uint64()).toBe(expected);
    }
  });

  it('keeps generators of one bank apart', () => {
    const bank = new RegisterBank(3);
    const inBank = [1, 2, 3].map((seed) => new GoRandom(seed, bank.slot()));
    const alone = [1, 2, 3].map((seed) => new GoRandom(seed));
    for (let i = 0; i < 50; i++) {
      for (const rng of [...inBank, ...alone]) rng.skipTokens(17 * i);
      expect(inBank.map((rng) => rng.normal())).toEqual(alone.map((rng) => rng.normal()));
    }
  });

  it('starts afresh when reseeded', () => {
    const rng = goRandom(1);
    rng.skipTokens(1234);
    rng.reseed(seedResidue(-42));
    expect(rng.uint64()).toBe(goRandom(-42n).uint64());
  });
});
