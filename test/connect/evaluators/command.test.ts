import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { createCommandEvaluator } from '../../../src/connect/evaluators/command-evaluator.ts';
import type { OutsideOutcome } from '../../../src/connect/evaluators/evaluator.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluators-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LATENCY = { ms: { unit: 'ms', better: 'lower' } };

/** Runs a line of shell as an evaluation. */
async function sh(line: string, more: JsonObject = {}, signal = new AbortController().signal): Promise<OutsideOutcome> {
  return await evaluate({ command: ['/bin/sh', '-c', line], metrics: LATENCY, ...more }, signal);
}

async function evaluate(
  config: Json,
  signal = new AbortController().signal,
  logFolder: string | null = null,
): Promise<OutsideOutcome> {
  const request = { config, workload: null, values: { batch: 8 }, seed: 7, fidelity: 1 };
  return await createCommandEvaluator({ logFolder }).evaluate(request, signal);
}

/** Processes that carry a word in their command line. */
function running(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const alive = !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return alive && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
      } catch {
        return false;
      }
    });
}

describe('figures of a command', () => {
  test('come from JSON on standard output, from the last line where it logs before', async () => {
    expect(await sh(`echo '{"ms": 2.5}'`)).toEqual({ kind: 'measured', metrics: { ms: 2.5 } });
    expect(await sh(`echo 'starting {'; echo '{"ms": 1}'; echo '{"ms": 3}'; echo done`)).toEqual({
      kind: 'measured',
      metrics: { ms: 3 },
    });
  });

  test('come from a path and are converted to the unit asked for', async () => {
    const metrics = {
      ttft: { path: 'runs[-1].ttft["p99 (s)"]', unit: 'ms', from: 's', better: 'lower' },
      rate: { path: '$.rate', unit: 'requests/s', from: 'requests/min', better: 'higher' },
    };
    const outcome = await sh(`echo '{"runs": [{}, {"ttft": {"p99 (s)": 0.25}}], "rate": 120}'`, { metrics });
    expect(outcome).toEqual({ kind: 'measured', metrics: { ttft: 250, rate: 2 } });
  });

  test('come from a column of a table in a file: the last row, the first, or the mean', async () => {
    const line = `printf 'n,ms\\n1,10\\n2,30\\n' > "$PARETUNE_DIR/out.csv"; yes | head -c 3000000`;
    for (const [row, ms] of Object.entries({ last: 30, first: 10, mean: 20 })) {
      expect(await sh(line, { result: { file: 'out.csv', row } })).toEqual({ kind: 'measured', metrics: { ms } });
    }
  });

  test('see parameters, seed, environment, standard input and rendered files', async () => {
    const config = {
      command: ['/bin/sh', '-c', 'cat; cat "$0/in/set.yaml"; echo "{\\"ms\\": $X$PARETUNE_SEED}"', '${dir}'],
      env: { X: 1 },
      stdin: { all: '${values}' },
      files: { 'in/set.yaml': { seed: '${seed}' } },
      metrics: LATENCY,
    };
    expect(await evaluate(config)).toEqual({ kind: 'measured', metrics: { ms: 17 } });
  });

  test('of arguments with shell characters are no commands; a line is one only with `shell: true`', async () => {
    const command = ['/bin/echo', '{"ms": 4}', '', '\n', '$(exit 3)'];
    expect(await evaluate({ command: command.slice(0, 2), metrics: LATENCY })).toMatchObject({ metrics: { ms: 4 } });
    expect(await evaluate({ command: `echo '{"ms": 5}' | cat`, shell: true, metrics: LATENCY })).toMatchObject({
      metrics: { ms: 5 },
    });
  });
});

describe('a command that', () => {
  test('ends with an error, writes garbage, nothing, too little or no number fails with its reason', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['echo out of memory >&2; exit 3', /exit code 3, out of memory/],
      ['echo "<html>"', /not JSON: "<html>/],
      ['true', /it wrote nothing/],
      [`echo '{"other": 1}'`, /metric "ms": nothing at/],
      [`echo '{"ms": "NaN"}'`, /must be a finite number, got "NaN"/],
      ['kill -SEGV $$', /ended by SIGSEGV/],
    ];
    const outcomes = await Promise.all(cases.map(async ([line]) => await sh(line)));
    for (const [index, [, reason]] of cases.entries()) {
      expect(outcomes[index]).toEqual({ kind: 'failed', message: expect.stringMatching(reason) });
    }
    expect(await evaluate({ command: ['/no/such/program'], metrics: LATENCY })).toMatchObject({
      message: expect.stringContaining('could not be started'),
    });
  });

  test('says by its exit code that these parameters cannot run is infeasible', async () => {
    expect(await sh('echo no KV memory >&2; exit 9', { infeasible_exit_codes: [9] })).toEqual({
      kind: 'infeasible',
      reason: 'no KV memory',
    });
  });

  test('hangs and ignores SIGTERM is killed with the children that left its session', async () => {
    const word = `hang-${process.pid}`;
    const child = `setsid /bin/sh -c 'trap "" TERM; while :; do sleep 0.1; done' ${word} &`;
    const outcome = await sh(`trap '' TERM; ${child} sleep 0.1; while :; do sleep 0.1; done`, { time_limit_s: 0.5 });
    expect(outcome).toEqual({ kind: 'failed', message: expect.stringContaining('not done after 0.5 s') });
    expect(running(word)).toEqual([]);
  });

  test('leaves children behind fails, and they are ended, also daemons', async () => {
    const word = `left-${process.pid}`;
    const outcome = await sh(`(setsid /bin/sh -c 'sleep 60; :' ${word} >/dev/null 2>&1 &); echo '{"ms": 1}'`);
    expect(outcome).toEqual({ kind: 'failed', message: expect.stringMatching(/left .* running \(.*sh/) });
    expect(running(word)).toEqual([]);
  });

  test('floods standard output is ended; it may flood where the figures come from a file', async () => {
    expect(await sh('yes')).toEqual({ kind: 'failed', message: expect.stringContaining('more than 16 MiB') });
    const before = process.memoryUsage().rss;
    const line = `head -c 400000000 /dev/zero; echo '{"ms": 1}' > "$PARETUNE_DIR/out.json"`;
    expect(await sh(line, { result: { file: 'out.json' } })).toMatchObject({ kind: 'measured' });
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  test('is interrupted ends at once, children included', async () => {
    const word = `stop-${process.pid}`;
    const stop = new AbortController();
    const outcome = sh(`/bin/sh -c 'sleep 60; :' ${word}; :`, {}, stop.signal);
    while (running(word).length === 0) await pause(20);
    stop.abort();
    expect(await outcome).toMatchObject({ kind: 'failed' });
    expect(running(word)).toEqual([]);
  });

  test('fails once is tried again as often as it may', async () => {
    const marks = join(folder, 'marks');
    const line = `echo x >> ${marks}; [ $(wc -l < ${marks}) -gt 2 ] && echo '{"ms": 1}'`;
    expect(await sh(line, { retries: 1 })).toMatchObject({ kind: 'failed' });
    expect(await sh(line, { retries: 1 })).toMatchObject({ kind: 'measured' });
  });

  test('failed leaves a log with what it wrote, and no scratch folder', async () => {
    const logs = join(folder, 'logs');
    const config = { command: ['/bin/sh', '-c', 'echo $PARETUNE_DIR; echo why >&2; exit 1'], metrics: LATENCY };
    const outcome = await evaluate(config, undefined, logs);
    const name = /\(log: logs\/(.*)\)$/.exec(outcome.kind === 'failed' ? outcome.message : '')![1]!;
    const text = readFileSync(join(logs, name), 'utf8');
    expect(text).toContain('--- standard error\nwhy');
    const scratch = /--- standard output\n(.*)/.exec(text)![1]!;
    expect(scratch).toContain('paretune-');
    expect(existsSync(scratch)).toBe(false);
  });
});
