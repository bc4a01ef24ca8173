import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Commands and flags of the reference page, which is held against what the program says of itself. */
const reference = readFileSync(`${process.cwd()}/docs/reference/commands.md`, 'utf8')
  .split(/^## paretune /m)
  .slice(1)
  .map((section) => {
    const [head, ...lines] = section.split('\n');
    const flags = lines.flatMap((line) => /^ {2,6}--([\w-]+)/.exec(line)?.[1] ?? []);
    return { path: head!.split(' '), flags };
  });

const scripts: Record<string, string> = {};
beforeAll(async () => {
  for (const shell of ['bash', 'zsh']) {
    const { code, stdout, stderr } = await paretune(['completion', shell]);
    expect(code, stderr).toBe(0);
    scripts[shell] = stdout;
  }
}, 240_000);

/** What bash proposes for each list of words, the last of which is being typed. */
function inBash(questions: readonly (readonly string[])[]): readonly string[][] {
  const file = join(folder, 'script');
  const asked = questions.map((words) => `ask ${words.map((word) => `'${word}'`).join(' ')}`);
  const ask = `ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _paretune; echo "\${COMPREPLY[*]}"; }`;
  writeFileSync(file, [scripts['bash'], 'PATH=', ask, ...asked].join('\n'));
  const lines = execFileSync('/bin/bash', ['--norc', file], { encoding: 'utf8', cwd: folder }).trimEnd().split('\n');
  return lines.map((line) => (line === '' ? [] : line.split(' ')));
}

describe('the bash script of all commands', () => {
  it('proposes every command, and every flag of each', () => {
    const [first, ...proposed] = inBash([
      ['paretune', ''],
      ...reference.map(({ path }) => ['paretune', ...path, '--']),
    ]);
    expect(first).toEqual(COMMANDS.map(({ syntax }) => syntax.split(' ')[0]));
    expect(reference.length).toBeGreaterThan(40);
    for (const [i, { path, flags }] of reference.entries()) {
      expect(proposed[i], path.join(' ')).toEqual(expect.arrayContaining(flags.map((flag) => `--${flag}`)));
    }
  });

  it('proposes files where a command or flag takes one, and the choices of a flag where it stands', () => {
    writeFileSync(join(folder, 'mine.yaml'), '');
    expect(
      inBash([
        ['paretune', 'run', 'mi'],
        ['paretune', 'import', 'epp', 'mi'],
        ['paretune', 'import', 'trace', 'log.csv', '--out', 'mi'],
        ['paretune', 'export', 'runs/a', '--as', 'v'],
        ['paretune', 'gpu-jobs', 'run', '--engine', 't'],
        ['paretune', 'run', '--workers', 'mi'],
        ['paretune', 'run', '--queue', 'x', '--qu'],
        ['paretune', 'blis', 'run', '--routing-policy', 'r'],
      ]),
    ).toEqual([
      ['mine.yaml'],
      ['mine.yaml'],
      ['mine.yaml'],
      ['vllm'],
      ['token'],
      [],
      ['--queue', '--quiet'],
      ['round-robin'],
    ]);
  });
});

it('the script for zsh names every command and flag', () => {
  for (const { path, flags } of reference) {
    expect(scripts['zsh']).toContain(path.join(' '));
    for (const flag of flags) expect(scripts['zsh']).toContain(`--${flag}`);
  }
});
