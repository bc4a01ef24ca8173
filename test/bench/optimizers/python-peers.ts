import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from './problems.ts';

/** The samplers of `peers.py`, and the kinds of parameters that each of them knows. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  'optuna-gp': ['real', 'integer', 'categorical'],
  'optuna-tpe': ['real', 'integer', 'categorical'],
  botorch: ['real'],
};

export const PEER_NAMES = Object.keys(PEERS);

/** Why a peer cannot run a problem; null where it can. */
export function refusal(peer: string, { space }: Problem): string | null {
  const known = PEERS[peer];
  if (known === undefined) return `is no sampler; peers: ${PEER_NAMES.join(', ')}`;
  const unknown = space.parameters.find(({ kind }) => !known.includes(kind));
  return unknown === undefined ? null : `knows no ${unknown.kind} parameters`;
}

/**
 * The interpreter of a virtual environment with Optuna and BoTorch; both are installed from pip where they are missing
 * (torch comes with BoTorch and takes some minutes and gigabytes).
 * @param folder - of the environment; made where there is none
 */
export function environmentWithPeers(folder: string): string {
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) execute('python3', ['-m', 'venv', folder]);
  if (installedVersions(python) === null) execute(python, ['-m', 'pip', 'install', 'optuna', 'botorch']);
  return python;
}

/** `{optuna: "5.0.0", …}`; null where one of them cannot be imported. */
export function installedVersions(python: string): Readonly<Record<string, string>> | null {
  const script =
    "import json, platform, optuna, botorch, torch; print(json.dumps({'python': platform.python_version(), " +
    "'optuna': optuna.__version__, 'botorch': botorch.__version__, 'torch': torch.__version__}))";
  const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, string>) : null;
}

function execute(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed: ${error?.message ?? `status ${status}`}`);
}
