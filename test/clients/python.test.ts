import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PROGRAM } from '../support/command-line.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

test('the Python client asks and tells the compiled program', async () => {
  const tests = join(ROOT, 'test/clients/python/test_client.py');
  const { stderr } = await promisify(execFile)('python3', ['-W', 'error', tests], {
    env: {
      ...process.env,
      PYTHONPATH: join(ROOT, 'src/clients/python'),
      PYTHONDONTWRITEBYTECODE: '1',
      PARETUNE_COMMAND: JSON.stringify([process.execPath, ...PROGRAM]),
    },
  });
  expect(stderr).toMatch(/Ran 12 tests[\s\S]*\nOK\n/);
});
