import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { InputError } from '../base/errors.ts';
import { createApp } from './app.ts';

export interface RunningServer {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Starts the server on the loopback interface.
 * @param port - 0 = any that is free
 * @throws InputError where the port is taken
 */
export async function startServer(root: string, port: number): Promise<RunningServer> {
  const server = createAdaptorServer({ fetch: createApp(root).fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const told = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(
        told
          ? new InputError(`--port ${port} cannot be used (${error.code})`, {
              suggestion: 'choose another, or 0 for any that is free',
            })
          : error,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const at = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `http://127.0.0.1:${at}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
