import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { paretune, temporaryFolder } from '../support/command-line.ts';

interface Row {
  readonly metric: string;
  readonly low: number;
}
interface Comparison {
  readonly stage: string;
  readonly rows: readonly Row[];
}

const ROOT = new URL('../../', import.meta.url).pathname;

test.each(['cloud-edge-clinucb', 'cloud-edge'])(
  'study %s finds a point that beats the default in delay and offload share on fresh seeds',
  async (name) => {
    const out = join(temporaryFolder(), name);
    const { code, stderr } = await paretune(['run', join(ROOT, 'studies', `${name}.yaml`), '--out', out, '--quiet']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as { comparisons: readonly Comparison[] };
    const validated = report.comparisons.filter(({ stage }) => stage === 'validation');
    const better = validated.filter(({ rows }) =>
      ['avg_jct_with_backlog_s', 'cloud_offload_rate'].every(
        (metric) => rows.find((row) => row.metric === metric)!.low > 0,
      ),
    );
    expect(better.length).toBeGreaterThan(0);
  },
);
