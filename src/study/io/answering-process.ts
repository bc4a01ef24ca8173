import { type ChildProcess, fork } from 'node:child_process';
import { ErrorLines } from './error-lines.ts';
import type { WorkerThread } from './worker-thread.ts';

/** Signals by which an engine ends that has no memory left. */
const CRASHES: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

/** The process ended before it had answered. */
export class ProcessDeath extends Error {
  readonly outOfMemory: boolean;

  constructor(reason: string, outOfMemory: boolean) {
    super(reason);
    this.name = 'ProcessDeath';
    this.outOfMemory = outOfMemory;
  }
}

/** Waits for an answer. */
interface Asker {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What is sent, and what comes back under the same number. */
export interface Question {
  readonly id: number;
  readonly question: unknown;
}

export interface Answer {
  readonly id: number;
  readonly answer: unknown;
}

/**
 * A process of this program that answers questions (`answer-parent.ts`) and may come to any end: what runs in its threads can
 * take it down, but nothing else. What it says on stderr is passed on, but for the engine's last words.
 */
export class AnsweringProcess {
  readonly #child: ChildProcess;
  readonly #askers = new Map<number, Asker>();
  readonly #lines = new ErrorLines();
  #asked = 0;
  #death: ProcessDeath | null = null;

  constructor({ filename, execArgv = [] }: WorkerThread) {
    this.#child = fork(new URL(filename), {
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#lines.take(text));
    this.#child.on('message', ({ id, answer }: Answer) => {
      this.#askers.get(id)?.resolve(answer);
      this.#askers.delete(id);
    });
    this.#child.on('error', (error) => this.#die(new ProcessDeath(error.message, false)));
    this.#child.on('close', (code, signal) => {
      const outOfMemory = this.#lines.outOfMemory || CRASHES.includes(signal);
      this.#die(new ProcessDeath(signal === null ? `exit code ${code}` : signal, outOfMemory));
    });
  }

  /** @throws ProcessDeath where it ends before it answers */
  async ask(question: unknown): Promise<unknown> {
    const id = this.#asked++;
    return await new Promise((resolve, reject) => {
      if (this.#death !== null) {
        reject(this.#death);
        return;
      }
      this.#askers.set(id, { resolve, reject });
      this.#child.send({ id, question } satisfies Question, () => undefined);
    });
  }

  /** Ends it, whatever it is at. */
  async close(): Promise<void> {
    if (this.#death !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #die(death: ProcessDeath): void {
    this.#death ??= death;
    for (const { reject } of this.#askers.values()) reject(death);
    this.#askers.clear();
  }
}
