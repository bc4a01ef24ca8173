import { describe, expect, it } from 'vitest';
import yargs from 'yargs';
import { BLIS } from '../../../src/cli/blis/row.ts';
import { plainSwitches } from '../../../src/cli/blis/switches.ts';
import { ChosenCommand, registerCommands } from '../../../src/cli/terminal/command-group.ts';
import { type CommandNode, commandTree } from '../../../src/cli/terminal/completion/command-tree.ts';

/** Every command that runs, with the names before it. */
function leaves(
  nodes: readonly CommandNode[],
  before: readonly string[] = [],
): readonly (readonly [string[], CommandNode])[] {
  return nodes.flatMap((node) => {
    const path = [...before, node.name];
    return node.commands.length > 0 ? leaves(node.commands, path) : [[path, node] as const];
  });
}

/** The flags that the command gets to see. */
async function typed(argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const parser = registerCommands(yargs([...plainSwitches(argv)]).exitProcess(false), [BLIS]);
  try {
    await parser.parseAsync();
  } catch (thrown) {
    if (thrown instanceof ChosenCommand) return thrown.flags;
    throw thrown;
  }
  throw new Error('no command was chosen');
}

const COMMANDS = leaves(await commandTree([BLIS]));

describe.each(COMMANDS.map(([path, node]) => [path.join(' '), path, node] as const))('%s', (_, path, { flags }) => {
  it('takes the last value of a flag that is given twice', async () => {
    const values = flags.filter(({ value }) => value !== 'none').map(({ name }) => name);
    const seen = await typed([...path, ...values.map((name) => `--${name}=1`), ...values.map((name) => `--${name}=2`)]);
    // Files to compose are a list.
    for (const name of values) expect(seen[name], name).toEqual(name === 'from' ? ['1', '2'] : '2');
  });

  it('reads switches in all words of the reference, and the last one of several', async () => {
    const switches = flags.filter(({ value }) => value === 'none').map(({ name }) => name);
    for (const name of switches) {
      for (const [word, value] of Object.entries({ 1: true, T: true, TRUE: true, 0: false, f: false, False: false })) {
        expect((await typed([...path, `--${name}=${word}`]))[name], `${name}=${word}`).toBe(value);
      }
      expect((await typed([...path, `--${name}`]))[name]).toBe(true);
      expect((await typed([...path, `--no-${name}`]))[name]).toBe(false);
      expect((await typed([...path, `--no-${name}=1`]))[name]).toBe(false);
      expect((await typed([...path, `--${name}`, `--no-${name}=false`]))[name]).toBe(true);
      expect((await typed([...path, `--${name}`, `--${name}=false`]))[name]).toBe(false);
      for (const flag of [`--${name}`, `--no-${name}`]) {
        expect(() => plainSwitches([`${flag}=maybe`])).toThrow('must be true or false, got "maybe"');
      }
    }
  });
});

it('there are commands of both kinds', () => {
  const flags = COMMANDS.flatMap(([, node]) => node.flags);
  expect(flags.filter(({ value }) => value !== 'none').length).toBeGreaterThan(200);
  expect(flags.filter(({ value }) => value === 'none').length).toBeGreaterThan(20);
});
