import { setFlagsFromString } from 'node:v8';

/** After so long it is asked whether there was a core to spare, and if not, for how long none is kept, ms. */
const TRIAL_MS = 50;
const REST_MS = 2_000;
/** Of a core, below which others want it. */
const OWN_SHARE = 0.9;

/**
 * Keeps this process running while answers are awaited, at the cost of one core. A processor that went to sleep comes
 * back milliseconds late, and whatever came meanwhile would be timed by so much too late. Where other programs want the
 * core it rests: who has used up its turn waits longest.
 */
export class StayAwake {
  #on = false;
  #turnIsNext = false;
  #rest: NodeJS.Timeout | undefined;
  #trialMs = 0;
  #usedBefore = 0;
  readonly #usedMs: () => number;

  /** @param usedMs - CPU that this process has used, ms */
  constructor(usedMs: () => number = processUse) {
    this.#usedMs = usedMs;
    // Threads that help to collect garbage wait for a core, and this one for them: alone it needs half a millisecond.
    setFlagsFromString('--no-parallel-scavenge');
  }

  start(): void {
    if (this.#on) return;
    this.#on = true;
    if (this.#rest === undefined) this.#try();
  }

  stop(): void {
    this.#on = false;
    clearTimeout(this.#rest);
    this.#rest = undefined;
  }

  #try(): void {
    this.#rest = undefined;
    this.#usedBefore = this.#usedMs();
    this.#trialMs = performance.now();
    if (!this.#turnIsNext) this.#next();
  }

  #next(): void {
    this.#turnIsNext = true;
    setImmediate(this.#turn);
  }

  readonly #turn = () => {
    this.#turnIsNext = false;
    if (!this.#on) return;
    const nowMs = performance.now();
    if (nowMs < this.#trialMs + TRIAL_MS || this.#hadTheCore(nowMs)) this.#next();
    else this.#rest = setTimeout(() => this.#try(), REST_MS);
  };

  /** Whether this process ran since the last time it was asked, but for a tenth; asks anew from now on. */
  #hadTheCore(nowMs: number): boolean {
    const usedMs = this.#usedMs();
    const had = usedMs - this.#usedBefore >= OWN_SHARE * (nowMs - this.#trialMs);
    this.#usedBefore = usedMs;
    this.#trialMs = nowMs;
    return had;
  }
}

function processUse(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
