import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeProblem, InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type CommandConfig, metricSources, parseCommandConfig, resultForm } from './command-config.ts';
import { documentText } from './document-text.ts';
import { EVALUATION_VARIABLES } from './evaluation-variables.ts';
import type { OutsideEvaluator, OutsideOptions, OutsideOutcome, OutsideRequest } from './evaluator.ts';
import { keepLog } from './failure-log.ts';
import { readMetrics } from './read-metrics.ts';
import { type CommandLine, type CommandRun, runCommand } from './run-command.ts';
import { fillRunHoles } from './run-holes.ts';

const DEFAULT_LIMIT_S = 600;
/** Figures are small; what is longer is no result. */
const RESULT_BYTES = 16 * 2 ** 20;

/** Evaluations by a program: one process group each, every attempt in a scratch folder of its own. */
export function createCommandEvaluator({ logFolder }: OutsideOptions): OutsideEvaluator {
  return {
    evaluate: async (request, signal) => {
      let outcome: OutsideOutcome;
      for (let attempt = 0; ; attempt++) {
        const { retries, ...tried } = await attemptOnce(request, signal, logFolder);
        outcome = tried.outcome;
        if (outcome.kind !== 'failed' || signal.aborted || attempt >= retries) return outcome;
      }
    },
  };
}

interface Attempt {
  readonly outcome: OutsideOutcome;
  readonly retries: number;
}

async function attemptOnce(request: OutsideRequest, signal: AbortSignal, logFolder: string | null): Promise<Attempt> {
  const dir = mkdtempSync(join(tmpdir(), 'paretune-'));
  try {
    const config = parseCommandConfig(
      fillRunHoles(request.config, {
        seed: request.seed,
        fidelity: request.fidelity,
        dir,
        values: request.values,
      }),
    );
    writeFiles(dir, config.files ?? {});
    const line = commandLine(config, request, dir);
    const run = await runCommand(line, signal);
    const outcome = outcomeOf(config, run, dir);
    if (outcome.kind !== 'failed' || logFolder === null || signal.aborted) {
      return { outcome, retries: config.retries ?? 0 };
    }
    const log = keepLog(logFolder, { request, words: line.words, run, message: outcome.message });
    return { outcome: { ...outcome, message: `${outcome.message} (log: ${log})` }, retries: config.retries ?? 0 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Files of an evaluation, documents in the form that their names ask for. */
function writeFiles(dir: string, files: Readonly<Record<string, Json>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, documentText(name, content));
  }
}

function commandLine(config: CommandConfig, { values, seed, fidelity }: OutsideRequest, dir: string): CommandLine {
  const { command, cwd = '.', stdin, env = {}, result, time_limit_s = DEFAULT_LIMIT_S } = config;
  return {
    words: typeof command === 'string' ? ['/bin/sh', '-c', command] : command.map(String),
    cwd: resolve(cwd),
    env: {
      [EVALUATION_VARIABLES.seed]: String(seed),
      [EVALUATION_VARIABLES.fidelity]: String(fidelity),
      [EVALUATION_VARIABLES.dir]: dir,
      [EVALUATION_VARIABLES.values]: JSON.stringify(values),
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    },
    stdin: stdin === undefined ? null : typeof stdin === 'string' ? stdin : `${JSON.stringify(stdin)}\n`,
    timeLimitMs: time_limit_s * 1000,
    outputLimit: result?.file === undefined ? RESULT_BYTES : null,
  };
}

function outcomeOf(config: CommandConfig, run: CommandRun, dir: string): OutsideOutcome {
  const failed = (message: string): OutsideOutcome => ({ kind: 'failed', message: `the command failed: ${message}` });
  if (run.problem !== null) return failed(run.problem);
  if (config.infeasible_exit_codes?.includes(run.code!) === true) {
    return { kind: 'infeasible', reason: lastLine(run) ?? `the command ended with exit code ${run.code}` };
  }
  if (run.code !== 0) {
    const said = lastLine(run);
    return failed(`exit code ${run.code}${said === null ? '' : `, ${said}`}`);
  }
  try {
    const text = config.result?.file === undefined ? run.stdout.text() : resultText(dir, config.result.file);
    return { kind: 'measured', metrics: readMetrics(text, resultForm(config), metricSources(config)) };
  } catch (error) {
    if (error instanceof InputError) return failed(describeProblem(error));
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** The last line of its complaints, short enough for a table. */
function lastLine({ stderr }: CommandRun): string | null {
  const line = stderr.text().trimEnd().split('\n').at(-1)!.trim();
  return line === '' ? null : line.slice(0, 160);
}

/** A name without a folder lies in the evaluation's folder. */
function resultText(dir: string, name: string): string {
  const file = name.includes('/') ? resolve(name) : join(dir, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw new InputError(`it wrote no file ${name}`);
  if (stat.size > RESULT_BYTES) throw new InputError(`its file is longer than ${RESULT_BYTES / 2 ** 20} MiB`);
  return readFileSync(file, 'utf8');
}
