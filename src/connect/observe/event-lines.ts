const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Cuts a stream of server-sent events into the payloads of its `data:` lines. A line that ends in a later piece bears
 * that piece's time.
 * @param onData - payload without the prefix, and when its line was complete
 */
export class EventLines {
  readonly #onData: (payload: string, atUs: number) => void;
  readonly #longest: number;
  #tail: Buffer[] = [];
  #tailLength = 0;

  /** @param longest - bytes of a line, at most */
  constructor(longest: number, onData: (payload: string, atUs: number) => void) {
    this.#longest = longest;
    this.#onData = onData;
  }

  /** @throws RangeError for a line that is too long */
  push(piece: Buffer, atUs: number): void {
    let start = 0;
    for (;;) {
      const end = piece.indexOf(LINE_FEED, start);
      if (end < 0) break;
      this.#line(this.#tailLength === 0 ? piece.subarray(start, end) : this.#joined(piece.subarray(start, end)), atUs);
      start = end + 1;
    }
    if (start === piece.length) return;
    this.#tail.push(piece.subarray(start));
    this.#tailLength += piece.length - start;
    this.#check(this.#tailLength);
  }

  /** The last line may lack its end. */
  end(atUs: number): void {
    if (this.#tailLength > 0) this.#line(this.#joined(Buffer.alloc(0)), atUs);
  }

  #joined(rest: Buffer): Buffer {
    const line = Buffer.concat([...this.#tail, rest]);
    this.#tail = [];
    this.#tailLength = 0;
    return line;
  }

  #line(line: Buffer, atUs: number): void {
    this.#check(line.length);
    if (line.length < 5 || line.toString('latin1', 0, 5) !== 'data:') return;
    const end = line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
    this.#onData(line.toString('utf8', 5, end).trimStart(), atUs);
  }

  #check(length: number): void {
    if (length > this.#longest) throw new RangeError(`a line of the stream is longer than ${this.#longest} bytes`);
  }
}
