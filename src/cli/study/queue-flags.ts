import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import type { QueueOptions } from '../../study/io/queue/queue-evaluator.ts';
import type { QueueLocation } from '../../study/io/queue/queue-location.ts';
import type { Flags } from '../terminal/command.ts';
import { requiredText, textFlag } from '../terminal/flags.ts';
import { integerFlag } from '../terminal/schema-flag.ts';

const FORMS = 'postgres://USER@HOST/DATABASE (password from PGPASSWORD or ~/.pgpass), @FILE with a URL, or env:NAME';
const DEFAULT_TRIES = 10;

/** For commands that may evaluate on the workers of a queue. */
export function queueOptions(parser: Argv): Argv {
  return parser
    .option('queue', { type: 'string', describe: `evaluate on the workers of this queue: ${FORMS}` })
    .option('tries', {
      type: 'number',
      describe: 'with --queue: how often an evaluation is begun whose worker dies',
      defaultDescription: String(DEFAULT_TRIES),
    });
}

/** For commands about a queue. */
export function queueOption(parser: Argv): Argv {
  return parser.option('queue', { type: 'string', demandOption: true, describe: FORMS });
}

/** What `--queue` names, known to be usable; nothing without the flag. @throws InputError where it cannot be used */
export async function queueOf(flags: Flags): Promise<{ readonly queue?: QueueOptions }> {
  const text = textFlag(flags, 'queue');
  const tries = integerFlag(flags, 'tries', 1, 100);
  if (text === undefined) {
    if (tries !== undefined) throw new InputError('--tries goes with --queue');
    return {};
  }
  if (flags['workers'] !== undefined) {
    throw new InputError('--workers counts threads of this process, but with --queue none of them evaluates', {
      suggestion: 'leave it out here, and give it to `paretune worker`',
    });
  }
  const [{ readQueueLocation }, { probeQueue }] = await Promise.all([
    import('../../study/io/queue/queue-location.ts'),
    import('../../study/io/queue/queue-admin.ts'),
  ]);
  const location = readQueueLocation(text);
  await probeQueue(location, say);
  return { queue: { location, say, tries: tries ?? DEFAULT_TRIES } };
}

export async function locationOf(flags: Flags): Promise<QueueLocation> {
  const { readQueueLocation } = await import('../../study/io/queue/queue-location.ts');
  return readQueueLocation(requiredText(flags, 'queue'));
}

export function say(line: string): void {
  process.stderr.write(`paretune: ${line}\n`);
}
