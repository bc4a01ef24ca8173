import yargs from 'yargs';
import { COMMANDS } from '../../src/cli/commands.ts';
import { FORMATS, schemaDocument } from '../../src/cli/study/schema-table.ts';
import type { Command } from '../../src/cli/terminal/command.ts';
import { ChosenCommand, registerCommands } from '../../src/cli/terminal/command-group.ts';
import { schemaMarkdown } from '../../src/document/schema-page.ts';

/** Pages of `docs/reference` by file name, made from what the program itself reads by. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  return { 'files.md': await filesPage(), 'commands.md': await commandsPage() };
}

async function filesPage(): Promise<string> {
  const names = Object.keys(FORMATS);
  const sections = await Promise.all(
    names.map(async (name) => schemaMarkdown(name, FORMATS[name]!.summary, await schemaDocument(name))),
  );
  const head = [
    '# Files: every key',
    '',
    'Made by `npm run reference` from the schemas that the readers check by; `paretune schema NAME` prints one as JSON Schema,',
    'and `paretune check FILE` holds a file against it. In a key, `[]` is each entry of a list and `*` any name.',
    '',
    names.map((name) => `[${name}](#${name})`).join(' · '),
    '',
  ];
  return `${head.join('\n')}\n${sections.join('\n')}`;
}

async function commandsPage(): Promise<string> {
  const head = [
    '# Commands: every flag',
    '',
    'Made by `npm run reference` from the help of the program, `paretune COMMAND --help`. The flags of `paretune blis` are those of',
    'the reference; `paretune blis run --help` lists them.',
    '',
    'Each flag has a variable that stands for it where it is not typed: `PARETUNE_WORKERS=2` for `--workers 2`, `PARETUNE_DRY_RUN=true`',
    'for `--dry-run`. An empty one is none. Inside of an evaluation, `PARETUNE_SEED`, `PARETUNE_FIDELITY`, `PARETUNE_DIR` and',
    '`PARETUNE_VALUES` say what is measured ([evaluators](../evaluators.md)) and stand for no flag.',
    '',
  ];
  const told = (await commandLeaves()).filter(([[name]]) => name !== 'blis');
  return `${head.join('\n')}\n${told.map(section).join('\n')}`;
}

/** A command that does something, and its help. */
type Leaf = readonly [path: readonly string[], text: string];

/** Every command, those of groups included, in the order of the help page. */
export async function commandLeaves(): Promise<readonly Leaf[]> {
  const found: Leaf[] = [];
  for (const command of COMMANDS) found.push(...(await leaves(command, [command.syntax.split(' ')[0]!])));
  return found;
}

/** Help of every command that does something; a group stands on the way. */
async function leaves(command: Command, path: readonly string[]): Promise<readonly Leaf[]> {
  const text = await help(path, command);
  const below = [...text.matchAll(new RegExp(`^  paretune ${path.join(' ')} ([a-z0-9-]+)(?: .*)?$`, 'gm'))];
  const isGroup = /^Commands:$/m.test(text);
  if (!isGroup) return [[path, text]];
  const found: Leaf[] = [];
  for (const [, name] of below) found.push(...(await leaves(command, [...path, name!])));
  return found;
}

function section([path, text]: Leaf): string {
  return `## paretune ${path.join(' ')}\n\n\`\`\`text\n${text.replaceAll(/ +$/gm, '').trim()}\n\`\`\`\n`;
}

async function help(path: readonly string[], command: Command): Promise<string> {
  const parser = yargs([...path, '--help'])
    .scriptName('paretune')
    .wrap(100)
    .version(false)
    .exitProcess(false);
  registerCommands(parser, [command]);
  let text = '';
  try {
    await parser.parseAsync([...path, '--help'], {}, (_, __, output) => {
      text = output;
    });
  } catch (thrown) {
    if (!(thrown instanceof ChosenCommand)) throw thrown;
  }
  return text;
}
