import type { Argv } from 'yargs';

/** What a command has told yargs of its options, as far as it matters here. */
export interface DeclaredOptions {
  /** Every option and positional by name. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly string: readonly string[];
  readonly number: readonly string[];
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly choices: Readonly<Record<string, unknown>>;
}

export function declaredOptions(parser: Argv): DeclaredOptions {
  return (parser as unknown as { getOptions(): DeclaredOptions }).getOptions();
}

/** Names of arguments that are no flags. */
export function positionalsOf(parser: Argv): readonly string[] {
  return (parser as unknown as { getGroups(): Record<string, string[]> }).getGroups()['Positionals:'] ?? [];
}
