import yargs from 'yargs';
import { diskError } from '../../base/disk-error.ts';
import { describeInputError, InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import { type Command, EXIT } from './command.ts';
import { ChosenCommand, registerCommands } from './command-group.ts';

/**
 * Parses `argv`, runs the command and answers the exit code. Errors the user can fix become one line each on stderr.
 * @param commands - the table that `argv` starts in
 * @param prepare - rewrites what was typed before it is parsed
 */
export async function main(
  argv: readonly string[],
  commands: readonly Command[],
  prepare: (argv: readonly string[]) => readonly string[] = joinedLines,
): Promise<number> {
  try {
    return await dispatch(prepare(argv), commands);
  } catch (error) {
    const told = error instanceof InputError ? error : diskError(error, null);
    if (told !== null) {
      for (const line of describeInputError(told).split('\n')) process.stderr.write(`paretune: ${line}\n`);
      return EXIT.badInput;
    }
    process.stderr.write(
      `paretune: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT.internal;
  }
}

/** Flags whose value is a command line: it may begin with a hyphen, which the parser would take for a flag. */
const LINE_FLAGS: readonly string[] = ['--vllm-args'];

function joinedLines(argv: readonly string[]): readonly string[] {
  refuseEmptyValues(argv);
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const next = argv[i + 1];
    const joins = LINE_FLAGS.includes(argv[i]!) && next !== undefined;
    joined.push(joins ? `${argv[i]}=${next}` : argv[i]!);
    if (joins) i++;
  }
  return joined;
}

function refuseEmptyValues(argv: readonly string[]): void {
  const index = argv.findIndex(
    (text, i) => /^--[\w-]+=$/.test(text) || (/^--[\w-]+$/.test(text) && argv[i + 1] === ''),
  );
  if (index < 0) return;
  throw new InputError('needs a value, got an empty text', { path: [argv[index]!.replace('=', '')] });
}

/** Behind a switch, the parser would take any text but "true" for no. */
function refuseSwitchValues(argv: readonly string[], switches: readonly string[]): void {
  for (const word of argv) {
    const [, name, value] = /^--(?:no-)?([\w-]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || !switches.includes(name) || value === 'true' || value === 'false') continue;
    throw new InputError(`must be true or false, got ${shortText(value)}`, { path: [`--${name}`] });
  }
}

async function dispatch(argv: readonly string[], commands: readonly Command[]): Promise<number> {
  const parser = yargs([...argv])
    .scriptName('paretune')
    .usage(
      '$0 <command>\n\nTunes LLM-serving strategies: proposes parameters, simulates them, reports the Pareto front.',
    )
    .strict()
    .recommendCommands()
    .demandCommand(1, 'a command is required; `paretune --help` lists them')
    .version(packageVersion())
    .epilogue('Each flag has a variable: PARETUNE_WORKERS=2 stands for --workers 2 where that is not typed.')
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      if (error) throw error;
      throw misuse(message);
    });
  registerCommands(parser, commands);
  if (argv.length === 0) {
    process.stdout.write(`${await parser.getHelp()}\n`);
    return EXIT.ok;
  }
  try {
    await parser.parseAsync();
    return EXIT.ok;
  } catch (thrown) {
    // Of a flag without its value, yargs tells by an error of its own class instead of calling `fail`.
    if (thrown instanceof Error && thrown.name === 'YError')
      throw misuse(thrown.message.replace('Not enough arguments following: ', 'a value is missing after --'));
    if (!(thrown instanceof ChosenCommand)) throw thrown;
    refuseSwitchValues(argv, thrown.switches);
    const { run } = await thrown.command.load();
    return (await run?.(thrown.flags)) ?? EXIT.ok;
  }
}

function misuse(message: string): InputError {
  return new InputError(message.replace(/\n/g, '; '), { suggestion: 'see `paretune --help`' });
}
