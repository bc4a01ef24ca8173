import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compiledKernels, MODULE_FILE } from '../../reference/kernels.ts';

test('the kernels in the repository are what their sources compile to', () => {
  expect(compiledKernels()).toBe(readFileSync(MODULE_FILE, 'utf8'));
});
