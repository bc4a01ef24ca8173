import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface WorkerThread {
  readonly filename: string;
  readonly execArgv?: string[];
}

/**
 * Where a worker module is, and how to start it: compiled as it is, from TypeScript sources through tsx.
 * @param caller - `import.meta.url` of the module beside the worker
 * @param name - file name without extension
 */
export function workerThread(caller: string, name: string): WorkerThread {
  if (!caller.endsWith('.ts')) return { filename: new URL(`./${name}.js`, caller).href };
  const loader = pathToFileURL(createRequire(caller).resolve('tsx')).href;
  return { filename: new URL(`./${name}.ts`, caller).href, execArgv: ['--import', loader] };
}
