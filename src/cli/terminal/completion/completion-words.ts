import type { CommandNode, FlagNode } from './command-tree.ts';

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
  readonly operands: CommandNode['operands'];
}

export interface CompletionWords {
  readonly program: string;
  readonly places: readonly Place[];
  /** Of this command alone: `blis completion`. */
  readonly command: string;
  /** First commands that are programs of their own, too. */
  readonly aliases: readonly string[];
  /** By flag with its hyphens; where a command reads it otherwise, also by place, space and flag. */
  readonly values: ReadonlyMap<string, FlagValues>;
}

export interface CompletionOptions {
  readonly program: string;
  readonly command: string;
  readonly aliases: readonly string[];
  /** What a flag takes, below the commands `at`. */
  readonly valuesOf: (flag: FlagNode, at: string) => FlagValues;
  readonly descriptions: boolean;
}

const NOTHING: FlagValues = { kind: 'nothing' };
const HELP: Candidate = { text: '--help', summary: 'show help' };

export function completionWords(tree: readonly CommandNode[], options: CompletionOptions): CompletionWords {
  const places: Place[] = [];
  const values = new Map<string, FlagValues>([[HELP.text, NOTHING]]);
  const candidate = (text: string, summary: string): Candidate => ({
    text,
    summary: options.descriptions ? summary.replaceAll(/\s+/g, ' ') : '',
  });
  const visit = (at: string, { commands, flags, operands }: Omit<CommandNode, 'name' | 'summary'>): void => {
    for (const flag of flags) {
      const [name, own] = [`--${flag.name}`, flag.value === 'none' ? NOTHING : options.valuesOf(flag, at)];
      const before = values.get(name);
      if (before === undefined) values.set(name, own);
      else if (JSON.stringify(before) !== JSON.stringify(own)) values.set(`${at} ${name}`, own);
    }
    places.push({
      at,
      commands: commands.map(({ name, summary }) => candidate(name, summary)),
      flags: [...flags.map(({ name, summary }) => candidate(`--${name}`, summary)), candidate(HELP.text, HELP.summary)],
      operands,
    });
    for (const command of commands) visit(at === '' ? command.name : `${at} ${command.name}`, command);
  };
  visit('', { commands: tree, flags: [], operands: 'none' });
  return { program: options.program, command: options.command, aliases: options.aliases, places, values };
}

/** What a flag takes below the commands `at`. */
export function valuesAt({ values }: CompletionWords, at: string, flag: string): FlagValues {
  return values.get(`${at} ${flag}`) ?? values.get(flag) ?? NOTHING;
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
