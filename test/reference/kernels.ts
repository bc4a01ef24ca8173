import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { textHash } from '../../src/base/json.ts';

const SOURCES = new URL('../../src/optimizer/compiled/', import.meta.url).pathname;
export const MODULE_FILE = join(SOURCES, 'module-bytes.ts');
/** A hundred megabytes with its optimizer: fetched by who changes kernels. */
const COMPILER = 'assemblyscript@0.28.20';
const OPTIONS = ['--runtime', 'stub', '--enable', 'simd', '--noAssert', '-O3', '--converge'];

function sources(): string[] {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith('.as'));
  return names.sort();
}

/** Hash of all sources of the compiled kernels. */
export function sourcesHash(): string {
  return textHash(
    sources()
      .map((name) => readFileSync(join(SOURCES, name), 'utf8'))
      .join('\n'),
  );
}

/** Text of `module-bytes.ts` for the sources beside it. */
export function compiledKernels(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    for (const name of sources()) copyFileSync(join(SOURCES, name), join(folder, `${basename(name, '.as')}.ts`));
    const call = ['--yes', `--package=${COMPILER}`, '--', 'asc', 'index.ts', ...OPTIONS, '--outFile', 'kernels.wasm'];
    execFileSync('npx', call, { cwd: folder, stdio: 'inherit' });
    const bytes = readFileSync(join(folder, 'kernels.wasm')).toString('base64');
    return [
      `/** What \`npm run kernels\` makes of the sources beside it, whose hash is ${sourcesHash()}. */`,
      'export const MODULE_BYTES =',
      `  '${bytes}';\n`,
    ].join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
