import { Console } from 'node:console';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { policyFile, policyImports } from './load-policy.ts';

/** Addresses of modules in this thread that are policies, or imported by one. */
const modules: string[] = [];

/**
 * What users' code must not do in a thread of this program: end it, read clocks or random numbers, or write where the
 * results go. What it prints goes to stderr; the rest is an error with the name of what it called.
 */
export function restrainPolicies(): void {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  for (const name of ['exit', 'abort', 'kill', 'reallyExit'] as const) {
    Object.defineProperty(process, name, { value: () => refuse(`process.${name}`) });
  }
  restrain(Math, 'random', 'Math.random');
  restrain(performance, 'now', 'performance.now');
  restrain(process, 'hrtime', 'process.hrtime');
  restrain(crypto, 'randomUUID', 'crypto.randomUUID');
  restrain(crypto, 'getRandomValues', 'crypto.getRandomValues');
  restrain(Date, 'now', 'Date.now');
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) => {
      if (args.length === 0) refuseToPolicies('new Date()');
      return Reflect.construct(target, args, newTarget);
    },
  });
}

/** The modules of a policy that this thread is about to load. */
export function watchPolicy(name: string): void {
  const file = policyFile(name);
  const files = [file, ...policyImports(file).map((one) => join(dirname(file), one.file))];
  for (const one of files) {
    const plain = pathToFileURL(one)
      .href.replace(/^file:\/\//, '')
      .replace(/\.[cm]?[jt]s$/, '');
    if (!modules.includes(plain)) modules.push(plain);
  }
}

function restrain<T extends object>(owner: T, name: keyof T & string, shown: string): void {
  const original = owner[name] as (...args: unknown[]) => unknown;
  const restrained = (...args: unknown[]): unknown => {
    refuseToPolicies(shown);
    return original.apply(owner, args);
  };
  Object.defineProperty(owner, name, {
    value: Object.assign(restrained, original),
    configurable: true,
    writable: true,
  });
}

/** The rest of the program may: only calls that come out of a policy are refused. */
function refuseToPolicies(shown: string): void {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = '' } = new Error(shown);
  Error.stackTraceLimit = before;
  if (modules.some((module) => stack.includes(module))) refuse(shown);
}

function refuse(shown: string): never {
  throw new Error(`a policy must not call ${shown}`);
}

/** Throws once this thread holds more than it may. Objects are bounded by the thread itself, buffers only here. */
export function memoryGuard(limitMib: number): () => void {
  return () => {
    const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics();
    if (objects + buffers > limitMib * 2 ** 20) throw new Error(`more than ${limitMib} MiB of memory in use`);
  };
}
