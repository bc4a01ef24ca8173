/** What ends a program that can finish in order: Ctrl-C, `kill`, and a terminal that goes away. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type EndingSignal = (typeof ENDING_SIGNALS)[number];

/**
 * Does work that the first of `signals` asks to end, by the signal it is handed; the second one ends the program.
 * Afterwards the signals do what they did before.
 */
export async function interruptible<T>(
  signals: readonly EndingSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const stop = (): void => interruption.abort();
  for (const signal of signals) process.once(signal, stop);
  try {
    return await work(interruption.signal);
  } finally {
    for (const signal of signals) process.removeListener(signal, stop);
  }
}
