import { takePrecedence } from './priority.ts';
import { OpenAiServer, type ServerOptions } from './server.ts';

/**
 * The server as a process of its own, so that it and a client do not wait for one another. Options come as JSON in the
 * first argument; it sends its address, and on request what it recorded. It ends with its parent.
 */
takePrecedence();
const server = await OpenAiServer.start(JSON.parse(process.argv[2] ?? '{}') as ServerOptions);
process.on('message', () => process.send?.({ records: server.records, mostOpen: server.mostOpen }));
process.on('disconnect', () => process.exit(0));
process.send?.({ url: server.url });
