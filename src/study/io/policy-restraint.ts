import { Console } from 'node:console';

/**
 * What users' code must not do in a thread of this program: end it, or write where the results go. What it prints goes to
 * stderr; to end the thread is an error with its place.
 */
export function restrainPolicies(): void {
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const refuse = (name: string) => (): never => {
    throw new Error(`a policy must not call ${name}`);
  };
  process.exit = refuse('process.exit');
  process.abort = refuse('process.abort');
  process.kill = refuse('process.kill');
}
