import { InputError } from '../base/errors.ts';

/** MiB and seconds that a simulation may need where nobody says more. */
export const DEFAULT_MEMORY_MIB = 4096;
export const DEFAULT_SECONDS = 3600;

export interface RunLimits {
  readonly memoryMib?: number | undefined;
  readonly seconds?: number | undefined;
}

/** What a part of a run needs at least. */
export interface Need {
  /** The key that asks for it. */
  readonly path: readonly (string | number)[];
  readonly count: number;
  readonly what: string;
  /** Of memory, for each. */
  readonly bytes?: number;
  /** Of computing, for each. */
  readonly seconds?: number;
}

/**
 * Refuses a run that cannot be held or would not end in its time, before anything of it is made.
 * @throws InputError with the key that asks for most, what it would need, the limit, and how to raise that
 */
export function requireAffordable(needs: readonly Need[], limits: RunLimits = {}): void {
  const { memoryMib = DEFAULT_MEMORY_MIB, seconds = DEFAULT_SECONDS } = limits;
  const memory = largest(needs, ({ count, bytes = 0 }) => count * bytes);
  if (memory !== null && memory.total > memoryMib * 2 ** 20) {
    throw refusal(memory, `${rounded(memory.total / 2 ** 30)} GiB of memory`, `${memoryMib / 1024} GiB`, 'memory_mib');
  }
  const time = largest(needs, ({ count, seconds: each = 0 }) => count * each);
  if (time !== null && time.total > seconds) {
    throw refusal(time, `${rounded(time.total)} s of computing`, `${seconds} s`, 'evaluation_s');
  }
}

interface Largest {
  readonly need: Need;
  readonly total: number;
}

function largest(needs: readonly Need[], total: (need: Need) => number): Largest | null {
  return needs.reduce<Largest | null>((most, need) => {
    const own = total(need);
    return most === null || own > most.total ? { need, total: own } : most;
  }, null);
}

function refusal({ need: { path, count, what } }: Largest, needed: string, limit: string, key: string): InputError {
  return new InputError(`${count} ${what} need about ${needed}; the limit is ${limit}`, {
    path,
    suggestion: `ask for less, or raise \`limits.${key}\` of a study`,
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
