import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, PROGRAM, temporaryFolder } from '../support/command-line.ts';

const SOURCES = new URL('../../dist/src/', import.meta.url).href;

interface ProgramOptions {
  readonly cwd: string;
  readonly stdout?: number | 'pipe';
  /** May end it. */
  readonly during?: (pid: number) => Promise<void>;
}

/** Runs the compiled program. */
export async function program(args: readonly string[], options: ProgramOptions): Promise<Finished> {
  return await ended([...PROGRAM, ...args], options);
}

/** What `run` and `resume` do, without the report at the end, which takes longer than the study. */
const SESSION = `
import { existsSync } from 'node:fs';
const [sources, study, folder] = process.argv.slice(1);
const load = (name) => import(sources + 'study/io/' + name);
const { planOf, planToResume, startedEntry, continueStudy } = await load('study-session.js');
let plan;
if (existsSync(folder + '/journal.jsonl')) plan = await planToResume(folder, 'own');
else {
  const documents = (await load('load-study.js')).loadStudySources(study);
  plan = await planOf(documents);
  (await load('run-folder.js')).createRunFolder(folder, documents, plan, startedEntry(plan));
}
await continueStudy(folder, plan, { workers: 1 });
`;

/** Runs a study, or goes on with it, in a process of its own. */
export async function session(study: string, folder: string, options: ProgramOptions): Promise<Finished> {
  return await ended(['--input-type=module', '-e', SESSION, SOURCES, study, folder], options);
}

/** A run `whole` of the study `plain`, made once. */
export async function recordedRun(scene: Scene): Promise<void> {
  if (existsSync(scene.at('whole'))) return;
  const { code, stderr } = await session(scene.study('plain'), 'whole', { cwd: scene.folder });
  if (code !== 0) throw new Error(stderr);
}

async function ended(argv: readonly string[], { cwd, stdout = 'pipe', during }: ProgramOptions): Promise<Finished> {
  const child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', stdout, 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    texts.stdout += String(chunk);
  });
  child.stderr!.on('data', (chunk) => {
    texts.stderr += String(chunk);
  });
  const end = new Promise<Finished>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, ...texts })),
  );
  await during?.(child.pid!);
  return await end;
}

export const WORKLOAD = `{version: "2", aggregate_rate: 40, num_requests: 40, clients: [{id: a, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 200}}, output_distribution: {type: constant, params: {value: 8}}}]}`;

/** A folder with a small study; its strategy may name a policy module. */
export class Scene {
  readonly folder = temporaryFolder();

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes `NAME.yaml` and its strategy. */
  study(name: string, { policy, trials = 24 }: { policy?: string; trials?: number } = {}): string {
    if (policy !== undefined) writeFileSync(this.at(`${name}.mjs`), policy);
    writeFileSync(
      this.at(`${name}-strategy.yaml`),
      `name: s\nsimulator: cluster\n${policy === undefined ? '' : `policies: [${name}.mjs]\n`}config: {model: qwen/qwen3-14b, num_instances: 1, max_num_seqs: "\${n}", max_num_batched_tokens: "\${t}"}\nbaseline: {n: 8, t: 2048}\nparameters: [{name: n, type: integer, low: 1, high: 64}, {name: t, type: integer, low: 64, high: 4096}]\n`,
    );
    writeFileSync(
      this.at(`${name}.yaml`),
      `name: ${name}\nstrategy: ${name}-strategy.yaml\nworkload: ${WORKLOAD}\nobjectives: [{metric: ttft_p99_ms}, {metric: tokens_per_sec}]\nseeds: [1]\nbudget: {trials: ${trials}}\nsampler: sobol\nlimits: {evaluation_s: 5, memory_mib: 128}\n`,
    );
    return `${name}.yaml`;
  }

  journal(run: string): string {
    return readFileSync(this.at(run, 'journal.jsonl'), 'utf8');
  }

  folderOf(name: string): string {
    mkdirSync(this.at(name), { recursive: true });
    return this.at(name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
