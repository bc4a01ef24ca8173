import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';

/**
 * Words of a command line as a POSIX shell splits them: quotes, backslashes, continued lines, comments at the start of a
 * word. Nothing is expanded. @throws InputError for a quote that is not closed, and for variables and substitutions
 */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.replace(/^(?:\s|\\\r?\n|#[^\n]*)+/, '');
    if (rest === '') return words;
    let word = '';
    while (rest !== '' && !/^\s/.test(rest)) {
      const piece = nextPiece(rest);
      word += piece.text;
      rest = rest.slice(piece.length);
    }
    words.push(word);
  }
}

interface Piece {
  readonly text: string;
  readonly length: number;
}

function nextPiece(rest: string): Piece {
  const single = /^'([^']*)'/.exec(rest);
  if (single !== null) return { text: single[1]!, length: single[0].length };
  const double = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(rest);
  if (double !== null) {
    refuseVariables(double[1]!, rest);
    return { text: double[1]!.replace(/\\(?:\r?\n)/g, '').replace(/\\(["\\$`])/g, '$1'), length: double[0].length };
  }
  if (/^['"]/.test(rest)) throw new InputError(`a quote is not closed: ${shortText(rest)}`);
  const continued = /^\\\r?\n/.exec(rest);
  if (continued !== null) return { text: '', length: continued[0].length };
  if (rest.startsWith('\\') && rest.length > 1) return { text: rest[1]!, length: 2 };
  const plain = /^[^\s'"\\]+/.exec(rest)?.[0] ?? rest[0]!;
  refuseVariables(plain, rest);
  return { text: plain, length: plain.length };
}

function refuseVariables(text: string, rest: string): void {
  if (/(?:^|[^\\])[$`]/.test(text)) {
    throw new InputError(`shell variables are not known here: ${shortText(rest.split(/\s/)[0]!)}`, {
      suggestion: 'write the value',
    });
  }
}
