import { InputError, inputErrors } from './errors.ts';

/** Gathers what is wrong with a document, so that its author hears of everything at once. */
export class ProblemList {
  readonly #found: InputError[] = [];

  add(problem: InputError): void {
    this.#found.push(problem);
  }

  /** Answers what `body` does, or undefined where it finds a problem. */
  attempt<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  /** @throws InputError with every problem found so far, if any */
  refuse(): void {
    if (this.#found.length > 0) throw inputErrors(this.#found);
  }
}

/** Runs every check. @throws InputError with the problems of all of them */
export function checkAll(...checks: readonly (() => void)[]): void {
  const problems = new ProblemList();
  for (const check of checks) problems.attempt(check);
  problems.refuse();
}

/** `items.map(body)`. @throws InputError with the problems of all items */
export function mapAll<T, U>(items: readonly T[], body: (item: T, index: number) => U): U[] {
  const problems = new ProblemList();
  const results = items.map((item, index) => problems.attempt(() => body(item, index)));
  problems.refuse();
  return results as U[];
}
