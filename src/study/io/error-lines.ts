/** Begins what the engine says when it ends for want of memory. */
const LAST_WORDS = /^(<--- Last few GCs --->|FATAL ERROR:|#$|# Fatal )/;

/** Passes lines on to stderr, but for the engine's last words and all that follows them. */
export class ErrorLines {
  #rest = '';
  /** Blank lines that may belong to last words. */
  #blank = '';
  #isOver = false;

  /** Last words were said. */
  get outOfMemory(): boolean {
    return this.#isOver;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    this.#isOver ||= LAST_WORDS.test(line);
    if (this.#isOver) return;
    if (line === '') {
      this.#blank += '\n';
      return;
    }
    process.stderr.write(`${this.#blank}${line}\n`);
    this.#blank = '';
  }
}
