import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerOptions, ServerRecord } from './server.ts';

export interface ServerProcess {
  readonly url: string;
  /** What the server recorded so far. */
  records(): Promise<{ readonly records: readonly ServerRecord[]; readonly mostOpen: number }>;
  stop(): void;
}

/** Starts the server as a process of its own. */
export async function startServerProcess(options: Omit<ServerOptions, 'plan' | 'metrics'>): Promise<ServerProcess> {
  const child = fork(new URL('./process.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    records: async () => {
      child.send('records');
      const [answer] = await once(child, 'message');
      return answer as Awaited<ReturnType<ServerProcess['records']>>;
    },
    stop: () => child.disconnect(),
  };
}
