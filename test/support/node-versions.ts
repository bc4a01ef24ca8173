import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Installs a Node of npm's `node` package below `home`. @returns the folder of its program, for PATH */
export function installNode(major: number, home: string): string {
  const place = join(home, `node-${major}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', `node@${major}`], { cwd: place });
  return join(place, 'node_modules', '.bin');
}

/** The environment in which `node` is the one of `folder`; null = the one that runs this. */
export function withNode(folder: string | null): NodeJS.ProcessEnv {
  const { env } = process;
  return folder === null ? env : { ...env, PATH: `${folder}${delimiter}${env['PATH'] ?? ''}` };
}
