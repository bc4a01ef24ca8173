import { stderrColours as pc } from './colours.ts';

const BAR_WIDTH = 16;
const USUAL_WIDTH = 80;

/** A live line changes at most so often, and rests so many times as long as it takes to make. */
const LEAST_PAUSE_MS = 50;
const REST = 50;

/** Progress on stderr: a live line on a terminal, else one line for every tenth of the way. Colours honour NO_COLOR. */
export class Progress {
  readonly #label: string;
  #total: number;
  readonly #live: boolean;
  readonly #startedAt = performance.now();
  #printedTenths = -1;
  #nextAt = 0;

  constructor(label: string, total: number, quiet = false) {
    this.#label = label;
    this.#total = Math.max(1, total);
    this.#live = !quiet && process.stderr.isTTY === true;
    if (quiet) this.#printedTenths = Number.POSITIVE_INFINITY;
  }

  /** More is to be done than was known at first. */
  expect(total: number): void {
    this.#total = Math.max(this.#total, total);
  }

  /** @param note - short text behind the bar; a function is asked only when something is printed */
  update(done: number, note: string | (() => string) = ''): void {
    const share = Math.min(1, done / this.#total);
    if (this.#live) {
      const now = performance.now();
      if (share < 1 && now < this.#nextAt) return;
      const filled = Math.round(share * BAR_WIDTH);
      const bar = pc.cyan('█'.repeat(filled)) + pc.dim('░'.repeat(BAR_WIDTH - filled));
      const counts = this.#counts(done);
      const room = (process.stderr.columns ?? USUAL_WIDTH) - this.#label.length - BAR_WIDTH - counts.length - 5;
      process.stderr.write(`\r\u001b[2K${this.#label} ${bar} ${counts}  ${cut(textOf(note), room)}`);
      this.#nextAt = performance.now() + LEAST_PAUSE_MS + REST * (performance.now() - now);
      return;
    }
    const tenths = Math.floor(share * 10);
    if (tenths <= this.#printedTenths) return;
    this.#printedTenths = tenths;
    const text = textOf(note);
    process.stderr.write(`${this.#label} ${this.#counts(done)}${text === '' ? '' : `  ${text}`}\n`);
  }

  /** Ends the live line. */
  end(): void {
    if (this.#live) process.stderr.write('\n');
  }

  #counts(done: number): string {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const left =
      done > 0 && done < this.#total ? `, about ${formatSeconds((seconds / done) * (this.#total - done))} left` : '';
    return `${done}/${this.#total} (${formatSeconds(seconds)}${left})`;
  }
}

/** A live line that is wider than the terminal would leave its beginning behind. */
function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}

function textOf(note: string | (() => string)): string {
  return typeof note === 'string' ? note : note();
}

function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
