import type { CommandNode } from './command-tree.ts';

/** What the value of a flag may be. */
export type FlagValues =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'anything' }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'names'; readonly names: readonly string[] };

export interface Candidate {
  readonly text: string;
  /** Empty where descriptions are not wanted. */
  readonly summary: string;
}

/** What may follow the commands typed so far. */
export interface Place {
  /** Those commands, with a space between each two; empty = none yet. */
  readonly at: string;
  readonly commands: readonly Candidate[];
  /** With their two hyphens. */
  readonly flags: readonly Candidate[];
}

export interface CompletionWords {
  readonly program: string;
  readonly places: readonly Place[];
  /** By flag with its hyphens. A flag means the same wherever it is one. */
  readonly values: ReadonlyMap<string, FlagValues>;
}

export interface CompletionOptions {
  readonly program: string;
  /** Of flags that take a value; anything where nothing is said. */
  readonly values: Readonly<Record<string, FlagValues>>;
  readonly descriptions: boolean;
}

const HELP: Candidate = { text: '--help', summary: 'show help' };

export function completionWords(tree: readonly CommandNode[], options: CompletionOptions): CompletionWords {
  const places: Place[] = [];
  const values = new Map<string, FlagValues>([[HELP.text, { kind: 'nothing' }]]);
  const candidate = (text: string, summary: string): Candidate => ({
    text,
    summary: options.descriptions ? summary.replaceAll(/\s+/g, ' ') : '',
  });
  const visit = (at: string, { commands, flags }: Pick<CommandNode, 'commands' | 'flags'>): void => {
    for (const { name, takesValue } of flags) {
      values.set(`--${name}`, takesValue ? (options.values[name] ?? { kind: 'anything' }) : { kind: 'nothing' });
    }
    places.push({
      at,
      commands: commands.map(({ name, summary }) => candidate(name, summary)),
      flags: [...flags.map(({ name, summary }) => candidate(`--${name}`, summary)), candidate(HELP.text, HELP.summary)],
    });
    for (const command of commands) visit(at === '' ? command.name : `${at} ${command.name}`, command);
  };
  visit('', { commands: tree, flags: [] });
  return { program: options.program, places, values };
}

/** The flags of each list of values, so that a script need not repeat it. */
export function flagsByValues({ values }: CompletionWords): readonly (readonly [readonly string[], FlagValues])[] {
  const groups = new Map<string, [string[], FlagValues]>();
  for (const [flag, possible] of values) {
    const key = JSON.stringify(possible);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [[flag], possible]);
    else group[0].push(flag);
  }
  return [...groups.values()];
}
