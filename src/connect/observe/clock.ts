/** The time in µs, never going back. Only differences and, for the clock of a run, its distance from 1970 matter. */
export interface Clock {
  now(): number;
}

/** µs since 1970. It follows the monotonic clock: setting the system's clock during a run bends no latency. */
export const UNIX_CLOCK: Clock = { now: () => (performance.timeOrigin + performance.now()) * 1000 };

/** Timers are late by a millisecond or so: the rest of a pause is waited for turn by turn. */
const TURNS_US = 1_500;

/** A pause that can end early. */
export class Pause {
  readonly #clock: Clock;
  #end: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause that is on, if any. */
  end(): void {
    this.#end?.();
  }

  /** Until `atUs`, never less than one turn of the event loop; Infinity = until `end`. @returns whether the time came */
  async until(atUs: number): Promise<boolean> {
    return await new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let turn: NodeJS.Immediate | undefined;
      const finish = (came: boolean) => {
        clearTimeout(timer);
        clearImmediate(turn);
        this.#end = null;
        resolve(came);
      };
      const step = () => {
        const leftUs = atUs - this.#clock.now();
        if (leftUs <= 0) finish(true);
        else if (leftUs <= TURNS_US) turn = setImmediate(step);
        else if (leftUs < Number.POSITIVE_INFINITY) timer = setTimeout(step, Math.min(2 ** 30, (leftUs - 1000) / 1000));
      };
      this.#end = () => finish(false);
      turn = setImmediate(step);
    });
  }
}
