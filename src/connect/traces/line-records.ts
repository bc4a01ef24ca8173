/** A line with its number, from 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

const BYTE_ORDER_MARK = 0xfeff;

/** Cuts pieces of text into lines, without their ends. A byte-order mark is left out. */
export class LineSplitter {
  #rest = '';
  #line = 0;

  /** Complete lines; with `open`, line ends within double quotes do not count. */
  *push(text: string): Generator<Line> {
    let from = 0;
    let joined = this.#rest === '' ? text : this.#rest + text;
    if (this.#line === 0 && joined.charCodeAt(0) === BYTE_ORDER_MARK) joined = joined.slice(1);
    for (let end = joined.indexOf('\n', from); end >= 0; end = joined.indexOf('\n', from)) {
      yield this.#cut(joined, from, end);
      from = end + 1;
    }
    this.#rest = joined.slice(from);
  }

  *end(): Generator<Line> {
    if (this.#rest !== '') yield this.#cut(this.#rest, 0, this.#rest.length);
    this.#rest = '';
  }

  #cut(text: string, from: number, end: number): Line {
    this.#line++;
    return { line: this.#line, text: text.slice(from, end > from && text[end - 1] === '\r' ? end - 1 : end) };
  }
}
