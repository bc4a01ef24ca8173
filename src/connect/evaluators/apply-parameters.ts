import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fetchFailure } from '../../base/fetch-failure.ts';
import { canonicalText, type Json } from '../../base/json.ts';
import { serverBase } from '../observe/completion-call.ts';
import { documentText } from './document-text.ts';
import { EVALUATION_VARIABLES } from './evaluation-variables.ts';
import type { OutsideRequest } from './evaluator.ts';
import { keepLog } from './failure-log.ts';
import type { ApplyHook, HttpConfig } from './http-config.ts';
import { type CommandLine, type CommandRun, runCommand } from './run-command.ts';

const DEFAULT_LIMIT_S = 600;
const ASK_EVERY_MS = 100;
/** The longest that a timer can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export interface ApplyContext {
  readonly request: OutsideRequest;
  readonly logFolder: string | null;
  readonly signal: AbortSignal;
}

/** What is in place at the server, and the server itself where paretune starts it. */
export interface Place {
  /** Puts the parameters in place, unless they are. @returns why they could not be; null where they are */
  put(config: HttpConfig, context: ApplyContext): Promise<string | null>;
  /** Ends the server that was started. */
  close(): Promise<void>;
}

export function openPlace(): Place {
  let inPlace: string | null = null;
  let server: StartedServer | null = null;
  const close = async (): Promise<void> => {
    inPlace = null;
    await server?.stop();
    server = null;
  };
  return {
    close,
    put: async ({ url, apply }, context) => {
      if (apply === undefined) return null;
      const text = canonicalText(apply as Json);
      if (text === inPlace && server?.run === undefined) return null;
      await close();
      const written = await prepare(apply, context);
      if (written !== null) return written;
      server =
        apply.server === undefined ? null : startServer(commandLine(apply.server, NO_LIMIT_MS, context), context);
      const problem = await waitForReady(url, apply, {
        signal: context.signal,
        ended: () => server?.run !== undefined,
      });
      if (problem === null) inPlace = text;
      if (problem === null || server === null) return problem;
      const { words } = server;
      const run = await server.stop();
      return withLog(`${problem}`, { words, run, context });
    },
  };
}

/** Files and command of the hook. */
async function prepare(hook: ApplyHook, context: ApplyContext): Promise<string | null> {
  for (const [name, content] of Object.entries(hook.files ?? {})) {
    const file = resolve(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, documentText(name, content));
    renameSync(`${file}.new`, file);
  }
  if (hook.command === undefined) return null;
  const line = commandLine(hook.command, 1000 * (hook.time_limit_s ?? DEFAULT_LIMIT_S), context);
  const run = await runCommand(line, context.signal);
  const problem = run.problem ?? (run.code === 0 ? null : `exit code ${run.code}`);
  return problem === null ? null : withLog(`the apply command failed: ${problem}`, { words: line.words, run, context });
}

interface Failed {
  readonly words: readonly string[];
  readonly run: CommandRun;
  readonly context: ApplyContext;
}

function withLog(message: string, { words, run, context }: Failed): string {
  const { logFolder, signal, request } = context;
  if (logFolder === null || signal.aborted) return message;
  return `${message} (log: ${keepLog(logFolder, { request, words, run, message })})`;
}

function commandLine(words: readonly Json[], timeLimitMs: number, { request }: ApplyContext): CommandLine {
  return {
    words: words.map(String),
    cwd: resolve('.'),
    env: {
      [EVALUATION_VARIABLES.seed]: String(request.seed),
      [EVALUATION_VARIABLES.values]: JSON.stringify(request.values),
    },
    stdin: null,
    timeLimitMs,
    outputLimit: null,
  };
}

interface StartedServer {
  readonly words: readonly string[];
  /** Present once it has ended. */
  readonly run?: CommandRun;
  stop(): Promise<CommandRun>;
}

function startServer(line: CommandLine, { signal }: ApplyContext): StartedServer {
  const own = new AbortController();
  const ended = runCommand(line, AbortSignal.any([signal, own.signal]));
  const server: { words: readonly string[]; run?: CommandRun; stop(): Promise<CommandRun> } = {
    words: line.words,
    stop: async () => {
      own.abort();
      return await ended;
    },
  };
  void ended.then((run) => {
    server.run = run;
  });
  return server;
}

interface Waiting {
  readonly signal: AbortSignal;
  /** Whether the server that was started is gone. */
  readonly ended: () => boolean;
}

async function waitForReady(
  server: string,
  { ready = {} }: ApplyHook,
  { signal, ended }: Waiting,
): Promise<string | null> {
  const address = ready.url ?? `${serverBase(server).href.replace(/\/$/, '')}/health`;
  const seconds = ready.timeout_s ?? DEFAULT_LIMIT_S;
  const until = performance.now() + 1000 * seconds;
  let last = 'no answer';
  while (performance.now() < until) {
    if (signal.aborted) return 'interrupted';
    if (ended()) return 'the server ended before it was ready';
    const answer = await asked(address, signal);
    if (answer === null) return null;
    last = answer;
    await pause(ASK_EVERY_MS);
  }
  return `the server was not ready after ${seconds} s: ${last}`;
}

/** Null where the page is there. */
async function asked(address: string, signal: AbortSignal): Promise<string | null> {
  try {
    const { ok, status } = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    return ok ? null : `status ${status}`;
  } catch (error) {
    return fetchFailure(error);
  }
}
