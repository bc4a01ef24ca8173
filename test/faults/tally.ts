/** What became of the faults of one kind. */
export interface Tally {
  readonly kind: string;
  tried: number;
  /** Refused, repaired or undone as it should be. */
  survived: number;
  /** What was not, in words. */
  readonly lost: string[];
  /** Why a kind could not be tried here. */
  note: string;
}

export function tally(kind: string): Tally {
  return { kind, tried: 0, survived: 0, lost: [], note: '' };
}

/** @param trouble - null = as it should be */
export function count(one: Tally, trouble: string | null): void {
  one.tried++;
  if (trouble === null) one.survived++;
  else one.lost.push(trouble);
}

/** Random integers below `n`, the same for the same seed. */
export function chance(seed: number): (n: number) => number {
  let state = (seed % 2147483646) + 1;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

/** What is wrong with the words of a refusal: at most 20 lines and a count, all the program's own, without a stack. */
export function wordsTrouble(stderr: string): string | null {
  const lines = stderr.split('\n').filter((line) => line !== '');
  const foreign = lines.find((line) => !line.startsWith('paretune:'));
  if (foreign !== undefined) return `says ${JSON.stringify(foreign.slice(0, 120))}`;
  if (lines.length > 21) return `says ${lines.length} lines`;
  const internal = lines.find((line) => line.includes('internal error'));
  return internal === undefined ? null : internal.slice(0, 160);
}
