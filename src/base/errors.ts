import { nameList, printable, shortKey, shortText } from './short-text.ts';

/** Where in a user's file a problem was found. Lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface InputErrorDetails {
  /** Path of keys and indices inside the document, e.g. `['budget', 'trials']`. */
  readonly path?: readonly (string | number)[];
  readonly position?: SourcePosition;
  /** What the user can do about it. */
  readonly suggestion?: string;
}

/**
 * A mistake the user can fix: a bad file, flag, journal or message.
 * The message states the rule and the value received; the command line prints it in one line and exits with 2.
 */
export class InputError extends Error {
  readonly path: readonly (string | number)[];
  readonly position: SourcePosition | undefined;
  readonly suggestion: string | undefined;

  constructor(message: string, details: InputErrorDetails = {}) {
    super(message);
    this.name = 'InputError';
    this.path = details.path ?? [];
    this.position = details.position;
    this.suggestion = details.suggestion;
  }

  /** Everything that is wrong, in the order in which it was found. */
  problems(): readonly InputError[] {
    return [this];
  }

  /** The same error with each of its problems changed. */
  map(change: (problem: InputError) => InputError): InputError {
    return inputErrors(this.problems().map(change));
  }

  /** The same error, found deeper or placed in a file. */
  at(details: { readonly prefix?: readonly (string | number)[]; readonly position?: SourcePosition }): InputError {
    return this.map(({ message, path, position: known, suggestion }) => {
      const position = known ?? details.position;
      return new InputError(message, {
        path: [...(details.prefix ?? []), ...path],
        ...(position ? { position } : {}),
        ...(suggestion !== undefined ? { suggestion } : {}),
      });
    });
  }

  /** The same error with each problem that has no position yet placed by its path. */
  placedBy(locate: (path: readonly (string | number)[]) => SourcePosition): InputError {
    return this.map((problem) =>
      problem.position === undefined ? problem.at({ position: locate(problem.path) }) : problem,
    );
  }
}

/** Several problems found together; it reads like its first one. */
class InputErrors extends InputError {
  readonly #problems: readonly InputError[];

  constructor(problems: readonly [InputError, InputError, ...InputError[]]) {
    const { message, path, position, suggestion } = problems[0];
    super(message, { path, ...(position ? { position } : {}), ...(suggestion !== undefined ? { suggestion } : {}) });
    this.#problems = problems;
  }

  override problems(): readonly InputError[] {
    return this.#problems;
  }
}

/** All of `errors` as one error; at least one is needed. */
export function inputErrors(errors: readonly InputError[]): InputError {
  const [first, second, ...rest] = errors.flatMap((error) => error.problems());
  if (first === undefined) throw new RangeError('an error without a problem');
  return second === undefined ? first : new InputErrors([first, second, ...rest]);
}

/** Runs `body` and puts `prefix` before the path of an InputError. */
export function within<T>(prefix: readonly (string | number)[], body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix }) : error;
  }
}

/** `a.b[2].c` for a path of keys and indices. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? shortKey(step) : `.${shortKey(step)}`;
  }
  return text;
}

/** Problems printed of one error. */
const MOST_LINES = 20;

/** One line per problem: place, key, rule and value, suggestion. After 20 lines the number of further problems. */
export function describeInputError(error: InputError): string {
  const problems = error.problems();
  const lines = problems.slice(0, MOST_LINES).map(describeProblem);
  if (problems.length > MOST_LINES) lines.push(`and ${problems.length - MOST_LINES} more`);
  return lines.join('\n');
}

/** The first problem on one line. */
export function describeProblem(error: InputError): string {
  const { position } = error;
  const place = position
    ? [position.file, position.line, position.line === undefined ? undefined : position.column]
        .filter((part) => part !== undefined)
        .join(':')
    : '';
  const key = formatPath(error.path);
  const head = [place, key].filter((part) => part !== '').join(' ');
  const tail = error.suggestion === undefined ? '' : `; ${error.suggestion}`;
  return printable(`${head === '' ? '' : `${head}: `}${error.message}${tail}`.replace(/\s*\n\s*/g, ' '));
}

/** Longer names than this are no slips of the keyboard. */
const LONGEST_SLIP = 200;

/** Name in `known` nearest to `name` by edit distance, if it is close enough to be a likely slip. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_SLIP) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A longer list would bury the name that was probably meant. */
const MOST_BESIDE_GUESS = 40;

/** `unknown scorer "queue-deph"; did you mean "queue-depth"? known: …` as an InputError. */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  details: InputErrorDetails = {},
): InputError {
  const sorted = [...known].sort();
  const near = nearestName(name, sorted);
  const list = near === undefined || sorted.length <= MOST_BESIDE_GUESS ? `known: ${nameList(sorted)}` : '';
  const suggestion = `${near === undefined ? '' : `did you mean ${shortText(near)}? `}${list}`.trim();
  return new InputError(`unknown ${kind} ${shortText(name)}`, { ...details, suggestion });
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
