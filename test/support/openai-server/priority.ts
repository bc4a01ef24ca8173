import { constants, getPriority, setPriority } from 'node:os';

/**
 * Puts what calls before other programs of the machine, where it may: what is measured is not to wait for them.
 * @returns what puts it back
 */
export function takePrecedence(): () => void {
  const before = getPriority();
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    return () => {};
  }
  return () => setPriority(before);
}
