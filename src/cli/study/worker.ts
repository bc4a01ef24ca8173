import { openServed } from '../../study/io/open-served.ts';
import { runWorker } from '../../study/io/queue/queue-worker.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { ENDING_SIGNALS, interruptible } from '../terminal/interruption.ts';
import { printJson } from '../terminal/json-output.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { locationOf, queueOption, say } from './queue-flags.ts';

const DEFAULT_DRAIN_S = 20;

export const workerCommand: LoadedCommand = {
  build: (parser) =>
    queueOption(parser)
      .option('workers', {
        type: 'number',
        describe: 'evaluations at once',
        defaultDescription: 'one per core',
      })
      .option('drain', {
        type: 'number',
        describe:
          'seconds in which running evaluations may end after Ctrl-C or SIGTERM; the others go back to the queue',
        defaultDescription: String(DEFAULT_DRAIN_S),
      })
      .option('logs', { type: 'string', describe: 'folder for logs of evaluations that failed outside' })
      .option('json', { type: 'boolean', describe: 'print what was done as JSON at the end' })
      .option('quiet', { type: 'boolean', describe: 'nothing on stderr but trouble' })
      .example('$0 worker --queue postgres://paretune@db.example/paretune', 'evaluate for all studies of this queue'),
  run: async (flags) => {
    const location = await locationOf(flags);
    const threads = integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers();
    const drainS = integerFlag(flags, 'drain', 0, 86_400) ?? DEFAULT_DRAIN_S;
    const logFolder = textFlag(flags, 'logs');
    if (!switchFlag(flags, 'quiet')) say(`worker for the queue at ${location.shown}, ${threads} at once`);
    const done = await interruptible(ENDING_SIGNALS, (drain) =>
      runWorker({
        location,
        threads,
        say,
        open: (setups) => openServed(setups, { workers: threads, ...(logFolder === undefined ? {} : { logFolder }) }),
        drain,
        drainMs: drainS * 1000,
      }),
    );
    if (switchFlag(flags, 'json')) printJson('worker', { evaluations: done });
    else if (!switchFlag(flags, 'quiet')) say(`stopped after ${done} evaluations`);
    return EXIT.ok;
  },
};
