import type { Argv } from 'yargs';

/** Flags as yargs parsed them. */
export type Flags = Readonly<Record<string, unknown>>;

export interface LoadedCommand {
  /** Declares flags, positionals, examples and sub-commands (with `registerCommands`). */
  build(parser: Argv): Argv;
  /** Options that mean something without a value, too. */
  readonly optionalValues?: readonly string[];
  /** Runs it; the returned exit code defaults to 0. Absent for a command that only groups sub-commands. */
  run?(flags: Flags): Promise<number | undefined>;
}

/** One row of the command table. The module behind it loads only when the command is called. */
export interface Command {
  /** yargs syntax: `run <study>`. */
  readonly syntax: string;
  readonly summary: string;
  load(): Promise<LoadedCommand>;
}

/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  failure: 1,
  badInput: 2,
  nothingFeasible: 3,
  differs: 4,
  internal: 70,
  interrupted: 130,
} as const;
