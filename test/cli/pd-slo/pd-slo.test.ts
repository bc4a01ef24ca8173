import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import type { ExplainedDecision } from '../../../src/companions/pd-slo/explain.ts';
import type { PdSloSummary } from '../../../src/simulators/pd-slo/summary.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

/** The command line in this process: quicker than a program start for each case. */
async function command(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const code = await main(args, COMMANDS);
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const SMALL = ['--requests', '300', '--seed', '5'];

describe('paretune pd-slo', () => {
  test('run writes summary, requests and metrics that agree with each other', async () => {
    const out = temporaryFolder();
    const { code, stdout } = await command(['pd-slo', 'run', ...SMALL, '--json', '--out', out]);
    expect(code).toBe(0);
    const summary = dataOf(stdout) as PdSloSummary;
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(summary);
    const rows = readFileSync(join(out, 'requests.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows.length).toBe(301);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([21]));
    const outcome = rows[0]!.indexOf('outcome');
    const positive = rows.filter((row) => row[outcome] === 'positive_headroom').length;
    expect(positive / 300).toBeCloseTo(summary.positiveShare, 12);
    expect(readFileSync(join(out, 'metrics.prom'), 'utf8')).toContain(
      `llm_d_inference_scheduler_pd_slo_pair_selections_total{outcome="positive_headroom"} ${positive}\n`,
    );
    const header = rows[0]!.indexOf('x_prefiller_host_port');
    expect(rows.slice(1).every((row) => /^10\.0\.1\.[123]:8000$/.test(row[header]!))).toBe(true);
  });

  test('explain prints the pair table, and the same decision as JSON', async () => {
    const text = await paretune(['pd-slo', 'explain', ...SMALL, '--request', '7']);
    const json = await command(['pd-slo', 'explain', ...SMALL, '--request', '7', '--json']);
    const decision = dataOf(json.stdout) as ExplainedDecision;
    expect(text.stdout).not.toContain('\u001b[');
    expect(text.stdout).toContain(`${decision.prefillPod} → ${decision.decodePod}`);
    for (const pair of decision.pairs) {
      expect(text.stdout).toContain(pair.blendedMs.toFixed(2));
      expect(text.stdout).toContain(pair.probability.toFixed(4));
    }
  });

  test('reads the scheduler’s own document and says what it leaves out', async () => {
    const document = 'studies/pd-slo/endpoint-picker.yaml';
    const read = await command(['pd-slo', 'metrics', ...SMALL, '--config', document]);
    const plain = await command(['pd-slo', 'metrics', ...SMALL]);
    expect(read.stderr).toContain('plugin "prefill-filter" is part of the pod model');
    expect(read.stdout).toBe(plain.stdout);
  });

  test('answers bad input with one placed line for each problem, exit code 2 and no files', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'bad.yaml');
    const out = join(folder, 'out');
    writeFileSync(file, 'mode: joint\npair_optimizer:\n  ttftWeight: -1\n  sloBufferFactor: 2\n');
    const { code, stdout, stderr } = await command(['pd-slo', 'run', '--config', file, '--out', out]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `paretune: ${file}:3:3 pair_optimizer.ttftWeight: must be ≥ 0, got -1\n` +
        `paretune: ${file}:4:3 pair_optimizer.sloBufferFactor: must be ≤ 1, got 2\n`,
    );
    expect(existsSync(out)).toBe(false);
  });

  test('refuses a folder for its files that cannot be made', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await command(['pd-slo', 'run', ...SMALL, '--out', join(folder, 'file', 'out')]);
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toMatch(/: cannot be written \(/);
  });

  test('names the flag, not the file, where a flag is wrong', async () => {
    const config = ['--config', 'studies/pd-slo/endpoint-picker.yaml'];
    const { code, stderr } = await command(['pd-slo', 'run', ...config, '--mode', 'joitn', '--predictor', 'oracle']);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^paretune: --mode: must be "joint" .*, got "joitn"; did you mean "joint"\?$/),
      expect.stringMatching(
        /^paretune: --predictor: must be "informed" or "heuristic" or "learned" or "trained", got "oracle"/,
      ),
    ]);
  });

  test.each([
    [['run', '--mode', 'joitn'], 'did you mean "joint"?'],
    [['run', '--scenario', 'calm'], 'unknown scenario "calm"'],
    [['run', '--requests', '0'], '--requests: must be ≥ 1, got 0'],
    [['explain', '--requests', '10', '--request', '10'], 'request must be an integer within 0 … 9, got 10'],
    [['map', '--seeds', '1'], '--seeds: must be ≥ 2, got 1'],
  ])('%j is refused in one line', async (args, expected) => {
    const { code, stderr } = await command(['pd-slo', ...args]);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    expect(stderr).toContain(expected);
  });
});
