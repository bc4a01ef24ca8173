import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BLIS } from '../../../src/cli/blis/row.ts';
import { type CommandNode, commandTree } from '../../../src/cli/terminal/completion/command-tree.ts';
import { main } from '../../../src/cli/terminal/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function script(...argv: string[]): Promise<string> {
  let printed = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
  ];
  const code = await main(['blis', 'completion', ...argv], [BLIS]);
  for (const spy of spies) spy.mockRestore();
  expect(code).toBe(0);
  return printed;
}

/** Lines of what bash proposes for each list of words, the last of which is being typed. */
async function inBash(questions: readonly (readonly string[])[]): Promise<readonly string[][]> {
  const file = join(folder, 'bash');
  const quoted = (word: string) => `'${word}'`;
  const asked = questions.map((words) => `ask ${words.map(quoted).join(' ')}`);
  const ask = `ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _paretune; echo "\${COMPREPLY[*]}"; }`;
  writeFileSync(file, [await script('bash'), 'PATH=', ask, ...asked].join('\n'));
  const lines = execFileSync('/bin/bash', ['--norc', file], { encoding: 'utf8', cwd: folder }).trimEnd().split('\n');
  return lines.map((line) => (line === '' ? [] : line.split(' ')));
}

/** Every command with the ones before it. */
function paths(nodes: readonly CommandNode[], before: readonly string[] = []): readonly [string[], CommandNode][] {
  return nodes.flatMap((node) => {
    const path = [...before, node.name];
    return [[path, node] as [string[], CommandNode], ...paths(node.commands, path)];
  });
}

describe('the bash script', () => {
  it('completes commands, flags and values', async () => {
    writeFileSync(join(folder, 'chat.yaml'), '');
    const run = ['paretune', 'blis', 'run'];
    const cases: [string[], string[]][] = [
      [['paretune', 'b'], ['blis']],
      [
        ['paretune', 'blis', 'c'],
        ['calibrate', 'compose', 'convert', 'completion'],
      ],
      [
        ['paretune', 'blis', 'convert', ''],
        ['preset', 'servegen', 'inference-perf', 'csv-trace'],
      ],
      [
        ['paretune', 'blis', 'completion', ''],
        ['bash', 'zsh', 'fish', 'powershell'],
      ],
      [
        [...run, '--routing-'],
        ['--routing-latency', '--routing-policy', '--routing-scorers'],
      ],
      [[...run, '--routing-policy', 'r'], ['round-robin']],
      [
        [...run, '--routing-policy', '='],
        ['always-busiest', 'least-loaded', 'round-robin', 'weighted'],
      ],
      [[...run, '--routing-policy', '=', 'w'], ['weighted']],
      [[...run, '--routing-policy=w'], ['--routing-policy=weighted']],
      [
        [...run, '--flow-control', '--seed', '7', '--hardware', 'A'],
        ['A100-SXM', 'A100-80'],
      ],
      [
        [...run, '--flow-control', '--sched'],
        ['--scheduler', '--scheduling-policy'],
      ],
      [[...run, '--workload-spec', 'ch'], ['chat.yaml']],
      [[...run, '--seed', ''], []],
      [
        ['paretune', 'blis', 'convert', 'servegen', '--time', 'm'],
        ['midnight', 'morning'],
      ],
      [['paretune', 'run', 'ch'], ['chat.yaml']],
      [['/usr/bin/paretune', 'blis', 'rep'], ['replay']],
      [['blis', 'rep'], ['replay']],
    ];
    expect(await inBash(cases.map(([typed]) => typed))).toEqual(cases.map(([, proposed]) => proposed));
  });

  it('proposes for each command all that the command declares, and nothing else', async () => {
    const all = paths(await commandTree([BLIS]));
    const questions = all.flatMap(([path]) => [
      ['paretune', ...path, ''],
      ['paretune', ...path, '-'],
    ]);
    const flags = (node: CommandNode) => [...node.flags.map(({ name }) => `--${name}`), '--help'];
    const proposed = await inBash(questions);
    for (const [i, [path, node]] of all.entries()) {
      const names = node.commands.map(({ name }) => name);
      const words = names.length > 0 ? names : node.operands === 'files' ? ['chat.yaml', 'bash'] : flags(node);
      expect(proposed[2 * i], path.join(' ')).toEqual(words);
      expect(proposed[2 * i + 1], path.join(' ')).toEqual(flags(node));
    }
    expect(all.length).toBeGreaterThan(14);
    expect(proposed.flat()).not.toContain('--lora-config');
  });

  it('serves paretune, and blis where that is no program', async () => {
    const file = join(folder, 'registered');
    writeFileSync(join(folder, 'blis'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(file, `${await script('bash')}\ncomplete -p\n`);
    const registered = (path: string) =>
      spawnSync('/bin/bash', ['--norc', file], { encoding: 'utf8', env: { PATH: path } }).stdout.trim();
    expect(registered('').split('\n').sort()).toEqual(['complete -F _paretune blis', 'complete -F _paretune paretune']);
    expect(registered(folder)).toBe('complete -F _paretune paretune');
  });
});

describe.each(['zsh', 'fish', 'powershell'])('the script for %s', (shell) => {
  it('names every command and flag, with what it is for', async () => {
    const text = await script(shell);
    for (const [path, { summary, flags }] of paths(await commandTree([BLIS])).slice(1)) {
      expect(text).toContain(path.join(' '));
      expect(text.replaceAll('’’', '’')).toContain(summary);
      for (const { name } of flags) expect(text).toContain(shell === 'fish' ? `-l ${name}` : `--${name}`);
    }
    expect(text).toContain('round-robin');
  });

  it('leaves descriptions out on demand', async () => {
    const text = await script(shell, '--no-descriptions');
    expect(text).not.toContain('order of the wait queue');
    expect(text).toContain('scheduler');
  });
});

it.each(['bash', 'zsh'])(
  'the script for %s has no arm without a pattern, which is an error of the whole',
  async (shell) => {
    expect(await script(shell)).not.toMatch(/^\s*\) /m);
  },
);

it.each(['fish', 'powershell'])('the script for %s has balanced quotes and brackets', async (shell) => {
  const text = (await script(shell)).replaceAll(/'([^'\\]|\\.)*'/g, '').replaceAll(/^\s*#.*$/gm, '');
  expect(text).not.toContain("'");
  for (const [open, close] of [
    ['{', '}'],
    ['(', ')'],
  ]) {
    expect(text.split(open!).length).toBe(text.split(close!).length);
  }
});

it('a shell must be named', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const codes = [await main(['blis', 'completion'], [BLIS]), await main(['blis', 'completion', 'tcsh'], [BLIS])];
  spy.mockRestore();
  expect(codes).toEqual([2, 2]);
  expect(written[0]).toContain('a shell is required: bash, zsh, fish or powershell');
});
