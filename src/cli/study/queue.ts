import type { Argv } from 'yargs';
import {
  createQueue,
  drainQueue,
  purgeQueue,
  type QueueStatus,
  queueStatus,
} from '../../study/io/queue/queue-admin.ts';
import { type Command, EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';
import { locationOf, queueOption } from './queue-flags.ts';

const DEFAULT_DAYS = 7;

function withJson(parser: Argv): Argv {
  return queueOption(parser).option('json', { type: 'boolean', describe: 'print JSON' });
}

function print(flags: Flags, [command, value]: readonly [string, object], text: string): number {
  if (switchFlag(flags, 'json')) printJson(`queue ${command}`, value);
  else process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

const create: LoadedCommand = {
  build: (parser) =>
    withJson(parser).example('$0 queue create --queue postgres://owner@db/paretune', 'once a database'),
  run: async (flags) => {
    const made = await createQueue(await locationOf(flags));
    return print(
      flags,
      ['create', { tables: made }],
      made === 'created' ? 'created the tables' : 'the tables are there already',
    );
  },
};

const status: LoadedCommand = {
  build: withJson,
  run: async (flags) => {
    const found = await queueStatus(await locationOf(flags));
    return print(flags, ['status', found], statusText(found));
  },
};

function statusText({ draining, studies, workers }: QueueStatus): string {
  const lines = draining ? ['draining: workers take no jobs until `paretune queue drain --off`'] : [];
  lines.push(studies.length === 0 ? 'no studies' : '');
  if (studies.length > 0) {
    const head = ['study', 'state', 'waiting', 'active', 'retried', 'results', 'failures'];
    const rows = studies.map((one) =>
      [one.name, one.state, one.waiting, one.active, one.retried, one.results, one.failures].map(String),
    );
    lines.push(...fitted([head, ...rows]));
  }
  lines.push(workers.length === 0 ? 'no workers' : '');
  if (workers.length > 0) {
    const head = ['worker', 'at once', 'active', 'done', 'note'];
    const rows = workers.map((one) => [
      one.name,
      String(one.threads),
      String(one.active),
      String(one.done),
      one.note ?? '',
    ]);
    lines.push(...fitted([head, ...rows]));
  }
  return lines.filter((line) => line !== '').join('\n');
}

const drain: LoadedCommand = {
  build: (parser) =>
    withJson(parser)
      .option('off', { type: 'boolean', describe: 'let workers take jobs again' })
      .option('wait', { type: 'number', describe: 'seconds to wait until nothing is evaluated', default: 0 }),
  run: async (flags) => {
    const draining = !switchFlag(flags, 'off');
    const waitMs = (integerFlag(flags, 'wait', 0, 86_400) ?? 0) * 1000;
    const active = await drainQueue(await locationOf(flags), { draining, waitMs });
    const text = draining ? `workers take no more jobs; ${active} still evaluated` : 'workers take jobs again';
    return print(flags, ['drain', { draining, active }], text);
  },
};

const purge: LoadedCommand = {
  build: (parser) =>
    withJson(parser)
      .option('days', { type: 'number', describe: 'studies that ended at least so long ago', default: DEFAULT_DAYS })
      .option('study', { type: 'string', describe: 'this one, ended or not, unless it is being coordinated' }),
  run: async (flags) => {
    const days = integerFlag(flags, 'days', 0, 36_500) ?? DEFAULT_DAYS;
    const removed = await purgeQueue(await locationOf(flags), { days, study: textFlag(flags, 'study') ?? null });
    return print(
      flags,
      ['purge', { removed }],
      `removed ${removed} ${removed === 1 ? 'study' : 'studies'} with jobs and results`,
    );
  },
};

const COMMANDS: readonly Command[] = [
  { syntax: 'create', summary: 'make the tables, with a role that may', load: async () => create },
  { syntax: 'status', summary: 'print studies, jobs and workers', load: async () => status },
  { syntax: 'drain', summary: 'let workers finish what they have and take no more', load: async () => drain },
  { syntax: 'purge', summary: 'remove studies that ended, with their results', load: async () => purge },
];

export const queueCommand: LoadedCommand = commandGroup(
  COMMANDS,
  'say what to do with the queue: create, status, drain or purge',
);
