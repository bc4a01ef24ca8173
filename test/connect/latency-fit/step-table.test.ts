import { expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { fitStepTable, isStepTable } from '../../../src/connect/latency-fit/step-table.ts';

const TRUTH = { beta0: 6900, beta1: 17.5, beta2: 30 };

function madeSteps(seed: number, rows: number, grows: boolean): string {
  const random = stream(seed, 'made steps');
  const lines = Array.from({ length: rows }, () => {
    const prefill = random.uniform() < 0.4 ? 0 : Math.floor(2048 * random.uniform());
    const decode = Math.floor(128 * random.uniform());
    const us = TRUTH.beta0 + TRUTH.beta1 * prefill + TRUTH.beta2 * decode;
    const error = Math.sqrt(3) * (2 * random.uniform() - 1);
    return `${prefill},${decode},${us * (grows ? 1 + 0.03 * error : 1) + (grows ? 0 : 300 * error)}`;
  });
  return ['prefill_tokens,decode_tokens,step_us', ...lines].join('\n');
}

it.each([true, false])('intervals hold the truth in about 95 of 100 tables, errors in proportion: %s', (grows) => {
  const held = { beta0: 0, beta1: 0, beta2: 0 };
  for (let seed = 0; seed < 100; seed++) {
    for (const { name, low, high } of fitStepTable(madeSteps(seed, 200, grows), 't.csv', () => true).coefficients) {
      const truth = TRUTH[name as keyof typeof TRUTH];
      if (low <= truth && truth <= high) held[name as keyof typeof TRUTH]++;
    }
  }
  for (const count of Object.values(held)) {
    expect(count).toBeGreaterThanOrEqual(88);
  }
});

it('times before the queue and of output tokens have rows of their own, in any unit', () => {
  const text = [
    'prefill_tokens,decode_tokens,step_ms,input_tokens,queueing_us,output_us',
    ...Array.from({ length: 30 }, (_, i) => `${100 * i},${i % 7},${8 + 2 * i + 0.03 * (i % 7)},,,`),
    ...Array.from({ length: 30 }, (_, i) => `,,,${50 * i},${1600 + 175 * i},`),
    ...Array.from({ length: 9 }, () => ',,,,,1800'),
  ].join('\n');
  const { coefficients, fitted } = fitStepTable(text, 't.csv', () => true);
  expect(coefficients.map(({ name, value }) => [name, Number(value.toFixed(6))])).toEqual([
    ['alpha0', 1600],
    ['alpha1', 3.5],
    ['alpha2', 1800],
    ['beta0', 8000],
    ['beta1', 20],
    ['beta2', 30],
  ]);
  expect(fitted).toBe(69);
});

it('a coefficient that would be negative is 0', () => {
  const text = `prefill_tokens,decode_tokens,step_us\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 5},${5000 + 10 * i - 20 * (i % 5)}`).join('\n')}`;
  const [beta0, , beta2] = fitStepTable(text, 't.csv', () => true).coefficients;
  expect(beta2!.value).toBe(0);
  expect(beta0!.value).toBeLessThan(5000);
});

it('is told by its columns, and says which cell is wrong', () => {
  expect(isStepTable('prefill_tokens, decode_tokens,step_us')).toBe(true);
  expect(isStepTable('request_id,client_id')).toBe(false);
  const rows = `${'100,2,9000\n'.repeat(12)}100,-1,9000`;
  expect(() => fitStepTable(`prefill_tokens,decode_tokens,step_us\n${rows}`, 't.csv', () => true)).toThrow(
    'must be a number ≥ 0, got "-1"',
  );
  expect(() => fitStepTable('prefill_tokens,decode_tokens\n1,2', 't.csv', () => true)).toThrow('no row has a time');
});
