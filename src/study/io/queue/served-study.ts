import { describeProblem, InputError } from '../../../base/errors.ts';
import type { Evaluator } from '../../evaluator.ts';
import type { ReplicateOutcome } from '../../trial.ts';
import { type QueuedJob, queueName } from './job-table.ts';
import type { ProgramIdentity } from './program-identity.ts';
import { taskOf } from './queue-task.ts';
import type { NewResult } from './results.ts';
import { policyHashes, type StudyRecord } from './study-record.ts';

/** Where the vectors of a study are measured on this machine. */
export interface OpenedStudy {
  readonly evaluator: Evaluator;
  /** How many may be measured at once, however many the worker could. */
  readonly most: number;
}

/** A study that a worker evaluates for. */
export class ServedStudy {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly most: number;
  /** Jobs taken and not yet recorded. */
  readonly taken = new Set<string>();
  /** Nothing was in its queue when last looked. */
  empty = false;
  readonly #evaluator: Evaluator;
  #finished: NewResult[] = [];
  #closed = false;

  constructor({ id, name }: StudyRecord, { evaluator, most }: OpenedStudy) {
    this.id = id;
    this.name = name;
    this.queue = queueName(id);
    this.most = most;
    this.#evaluator = evaluator;
  }

  /** @param done - called when the result waits to be recorded, with the seconds it took */
  start({ id, data }: QueuedJob, done: (seconds: number) => void): void {
    const task = taskOf(data.task);
    const from = performance.now();
    this.taken.add(id);
    const finish = (outcome: ReplicateOutcome): void => {
      if (this.#closed) return;
      this.#finished.push({ task, job: id, outcome });
      done((performance.now() - from) / 1000);
    };
    void this.#evaluator.evaluate(task).then(finish, (error) => finish({ kind: 'failed', message: reasonOf(error) }));
  }

  /** Results that wait to be recorded; they count as taken until `recorded`. */
  finished(): readonly NewResult[] {
    return [...this.#finished];
  }

  recorded(results: readonly NewResult[]): void {
    const jobs = new Set(results.map(({ job }) => job));
    this.#finished = this.#finished.filter(({ job }) => !jobs.has(job));
    for (const job of jobs) this.taken.delete(job);
  }

  /** Ends what still runs; its outcomes count for nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#evaluator.close();
  }
}

/** Why nothing that was evaluated can be trusted, e.g. a policy that keeps state: told as an outcome, this is not the end of a worker. */
function reasonOf(error: unknown): string {
  return error instanceof InputError ? describeProblem(error) : String(error);
}

/** Why a worker cannot evaluate for a study as its coordinator would; null = it can. */
export function refusal({ name, program, policies }: StudyRecord, own: ProgramIdentity): string | null {
  const parts: string[] = [];
  if (program.tool !== own.tool) parts.push(`it is run by paretune ${program.tool}, and this is ${own.tool}`);
  else if (program.code !== own.code) parts.push(`its coordinator runs other code of paretune ${own.tool}`);
  if (program.node !== own.node) parts.push(`its coordinator runs Node ${program.node}, and this is Node ${own.node}`);
  const here = policyHashes([{ policies: Object.keys(policies) }]);
  for (const [file, hash] of Object.entries(policies)) {
    if (here[file] === '') parts.push(`the policy module ${file} is not here`);
    else if (here[file] !== hash) parts.push(`the policy module ${file} is another one here`);
  }
  return parts.length === 0 ? null : `study ${name} is left to other workers: ${parts.join('; ')}`;
}
