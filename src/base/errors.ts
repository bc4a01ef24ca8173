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

  /** The same error, found deeper or placed in a file. */
  at(details: { readonly prefix?: readonly (string | number)[]; readonly position?: SourcePosition }): InputError {
    const position = this.position ?? details.position;
    return new InputError(this.message, {
      path: [...(details.prefix ?? []), ...this.path],
      ...(position ? { position } : {}),
      ...(this.suggestion !== undefined ? { suggestion: this.suggestion } : {}),
    });
  }
}

/** `a.b[2].c` for a path of keys and indices. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** One line: place, key, rule and value, suggestion. */
export function describeInputError(error: InputError): string {
  const { position } = error;
  const place = position
    ? [position.file, position.line, position.line === undefined ? undefined : position.column]
        .filter((part) => part !== undefined)
        .join(':')
    : '';
  const key = formatPath(error.path);
  const head = [place, key].filter((part) => part !== '').join(' ');
  const tail = error.suggestion === undefined ? '' : `; ${error.suggestion}`;
  return `${head === '' ? '' : `${head}: `}${error.message}${tail}`.replace(/\s*\n\s*/g, ' ');
}

/** Name in `known` nearest to `name` by edit distance, if it is close enough to be a likely slip. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
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

/** `unknown scorer "queue-deph"; did you mean "queue-depth"? known: …` as an InputError. */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  details: InputErrorDetails = {},
): InputError {
  const sorted = [...known].sort();
  const near = nearestName(name, sorted);
  const suggestion = `${near === undefined ? '' : `did you mean "${near}"? `}known: ${sorted.join(', ')}`;
  return new InputError(`unknown ${kind} "${name}"`, { ...details, suggestion });
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
