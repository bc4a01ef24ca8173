import type { Argv, Options } from 'yargs';
import type { Command } from '../command.ts';
import type { DeclaredOptions } from '../declared-options.ts';

/** A command as its user meets it: hidden flags left out. */
export interface CommandNode {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagNode[];
  /** Takes words that are no flags: files, most of the time. */
  readonly operands: 'files' | 'none';
  readonly commands: readonly CommandNode[];
}

export interface FlagNode {
  readonly name: string;
  readonly summary: string;
  readonly value: 'none' | 'number' | 'text';
  /** All that the value may be; empty where that is not a list. */
  readonly choices: readonly string[];
}

/** What the commands of a table, and those below them, declare. Loads all of them. */
export async function commandTree(commands: readonly Command[]): Promise<readonly CommandNode[]> {
  return await Promise.all(
    commands.map(async ({ syntax, summary, load }) => {
      const declared = new Declarations();
      (await load()).build(declared as unknown as Argv);
      return await declared.node(syntax, summary);
    }),
  );
}

type Build = (parser: Argv) => Promise<Argv>;

/** Stands in for the parser while a command declares itself. */
class Declarations {
  readonly #flags: FlagNode[] = [];
  readonly #commands: (() => Promise<CommandNode>)[] = [];

  async node(syntax: string, summary: string): Promise<CommandNode> {
    const commands: CommandNode[] = [];
    for (const declare of this.#commands) commands.push(await declare());
    const operands = /[<[]/.test(syntax) ? 'files' : 'none';
    return { name: syntax.split(' ')[0]!, summary, flags: this.#flags, operands, commands };
  }

  option(name: string, { hidden, type, describe, choices }: Options): this {
    if (hidden === true) return this;
    const value = type === 'boolean' ? 'none' : type === 'number' ? 'number' : 'text';
    this.#flags.push({ name, summary: describe ?? '', value, choices: (choices ?? []).map(String) });
    return this;
  }

  options(all: Readonly<Record<string, Options>>): this {
    for (const [name, option] of Object.entries(all)) this.option(name, option);
    return this;
  }

  command(syntax: string, summary: string, build: Build): this {
    this.#commands.push(async () => {
      const declared = new Declarations();
      await build(declared as unknown as Argv);
      return await declared.node(syntax, summary);
    });
    return this;
  }

  demandCommand(): this {
    return this;
  }

  positional(): this {
    return this;
  }

  default(): this {
    return this;
  }

  epilogue(): this {
    return this;
  }

  example(): this {
    return this;
  }

  parserConfiguration(): this {
    return this;
  }

  strict(): this {
    return this;
  }

  requiresArg(): this {
    return this;
  }

  /** Which options need values is no matter of names. */
  getOptions(): DeclaredOptions {
    return { key: {}, string: [], number: [], array: [], boolean: [], choices: {} };
  }

  getGroups(): Readonly<Record<string, readonly string[]>> {
    return {};
  }
}
