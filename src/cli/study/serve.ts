import { existsSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { startServer } from '../../serve/start-server.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';
import { ENDING_SIGNALS } from '../terminal/interruption.ts';
import { integerFlag } from '../terminal/schema-flag.ts';

const USUAL_PORT = 4180;
const MAX_PORT = 65_535;

export const serveCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'a run folder, or a folder with runs', default: 'runs' })
      .option('port', { type: 'number', describe: 'port on 127.0.0.1; 0 = any that is free', default: USUAL_PORT })
      .example('$0 serve', 'follow the runs in runs/ in a browser')
      .example('$0 serve runs/quickstart --port 0', 'one run, on any free port'),
  run: async (flags) => {
    const root = textFlag(flags, 'dir') ?? 'runs';
    if (!existsSync(root))
      throw new InputError(`no folder ${shortText(root)}`, { suggestion: 'name a run folder, or one with runs' });
    const server = await startServer(root, integerFlag(flags, 'port', 0, MAX_PORT) ?? USUAL_PORT);
    process.stdout.write(`${server.address}\n`);
    process.stderr.write('paretune: showing runs to this machine only; Ctrl-C ends it, runs go on\n');
    await new Promise<void>((resolve) => {
      for (const signal of ENDING_SIGNALS) process.once(signal, resolve);
    });
    await server.close();
    return EXIT.ok;
  },
};
