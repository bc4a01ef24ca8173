import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAM } from './command-line.ts';

/** Shell blocks of a page, in order: those below a comment with this one word. */
export function shellBlocks(page: string, mark = 'runs'): readonly string[] {
  return [...page.matchAll(/<!-- (\w+) -->\n```sh\n([\s\S]*?)```/g)].flatMap(([, word, block]) =>
    word === mark ? [block!] : [],
  );
}

/** Writes a program that starts ours. @param body - its lines, given the words that start ours */
export function writeProgram(file: string, body = (program: string): string => `exec ${program} "$@"`): void {
  const program = [process.execPath, ...PROGRAM].map((part) => `'${part}'`).join(' ');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body(program)}\n`, { mode: 0o755 });
}

/** Runs blocks in a folder as a user would who has the programs in its `bin`; rejects where a line fails. */
export async function runBlocks(blocks: readonly string[], folder: string): Promise<{ readonly stdout: string }> {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, NO_COLOR: '1' };
  return await promisify(execFile)('sh', ['-ec', blocks.join('\n')], { cwd: folder, env, maxBuffer: 1 << 26 });
}
