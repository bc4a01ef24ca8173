import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Compiles the program before the first test where a source is newer: what starts as a process runs what was compiled. */
export default function buildIfStale(): void {
  if (!isCurrent()) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
}

function isCurrent(): boolean {
  const built = join(ROOT, 'dist/.tsbuildinfo');
  if (!existsSync(built)) return false;
  const sources = ['src', 'strategies'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(ROOT, folder, name)),
  );
  const newest = Math.max(...sources.filter((path) => path.endsWith('.ts')).map((path) => statSync(path).mtimeMs));
  return newest <= statSync(built).mtimeMs;
}
