import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textHash } from '../../../base/json.ts';
import { packageFile, packageVersion } from '../package-file.ts';

/** What must be the same here and there for two processes to compute the same bits. */
export interface ProgramIdentity {
  readonly tool: string;
  /** Major version of Node: another engine may compute other last bits. */
  readonly node: number;
  /** Hash of the code that evaluations run. */
  readonly code: string;
}

/** Floors of the source on which evaluations run. */
const FLOORS = ['base', 'connect', 'document', 'numeric', 'optimizer', 'simulators', 'study'];

export function programIdentity(): ProgramIdentity {
  return { tool: packageVersion(), node: Number(process.versions.node.split('.')[0]), code: codeHash() };
}

function codeHash(): string {
  const compiled = !import.meta.url.endsWith('.ts');
  const root = fileURLToPath(packageFile(compiled ? 'dist/src' : 'src'));
  const files = FLOORS.flatMap((floor) =>
    readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(compiled ? '.js' : '.ts'))
      .map((name) => join(floor, name)),
  );
  const texts = files.sort().map((name) => [name.split(sep).join('/'), readFileSync(join(root, name), 'utf8')]);
  return textHash(JSON.stringify(texts)).slice(0, 16);
}
