import type { ChildProcess } from 'node:child_process';
import { startParetune } from './command-line.ts';

/** Worker processes that come back when they are killed, as a Deployment would let them. */
export class WorkerProcesses {
  readonly #args: readonly string[];
  readonly #workers: ChildProcess[] = [];
  /** Those that have begun to evaluate. */
  readonly #busy = new Set<ChildProcess>();
  readonly said: string[] = [];
  kills = 0;
  #ending = false;

  constructor(args: readonly string[], count: number) {
    this.#args = args;
    for (let index = 0; index < count; index++) this.#start(index);
  }

  #start(index: number): void {
    const { process: worker, finished } = startParetune(['worker', ...this.#args]);
    this.#workers[index] = worker;
    worker.stderr!.on('data', (text) => {
      if (String(text).includes('evaluating for')) this.#busy.add(worker);
    });
    void finished.then(({ stderr }) => {
      this.said.push(stderr);
      if (!this.#ending) this.#start(index);
    });
  }

  /** Kills the one that has evaluated longest. */
  kill(): void {
    const [worker] = this.#busy;
    if (worker === undefined) return;
    this.#busy.delete(worker);
    this.kills++;
    worker.kill('SIGKILL');
  }

  /** @returns exit codes */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<readonly (number | null)[]> {
    this.#ending = true;
    return await Promise.all(
      this.#workers.map(
        (worker) =>
          new Promise<number | null>((resolve) => {
            if (worker.exitCode !== null || worker.signalCode !== null) return resolve(worker.exitCode);
            worker.once('exit', (code) => resolve(code));
            worker.kill(signal);
          }),
      ),
    );
  }
}
