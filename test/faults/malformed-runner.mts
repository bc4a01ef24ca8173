import { readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Command } from '../../src/cli/terminal/command.ts';
import type { main as Main } from '../../src/cli/terminal/program.ts';

/**
 * Runs command lines of a file, one after the other, in a folder that stays empty; one line of JSON for each. Times are
 * of the CPU, memory is what the process grew by.
 */
const built = new URL('../../dist/src/cli/', import.meta.url).href;
const { COMMANDS } = (await import(`${built}commands.js`)) as { COMMANDS: readonly Command[] };
const { main } = (await import(`${built}terminal/program.js`)) as { main: typeof Main };

const cases = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as readonly (readonly string[])[];
const report = process.stdout.write.bind(process.stdout);
let stderr = '';
process.stdout.write = (() => true) as typeof process.stdout.write;
process.stderr.write = ((text: unknown) => {
  stderr += String(text);
  return true;
}) as typeof process.stderr.write;

const [from, count] = [Number(process.argv[3]), Number(process.argv[4])];
for (const argv of cases.slice(from, from + count)) {
  stderr = '';
  const startedAt = process.cpuUsage();
  const before = { rss: process.memoryUsage().rss, peak: process.resourceUsage().maxRSS * 1024 };
  const code = await main(argv, COMMANDS);
  const { user, system } = process.cpuUsage(startedAt);
  const ms = (user + system) / 1000;
  const written = readdirSync('.');
  for (const name of written) rmSync(name, { recursive: true, force: true });
  const peak = process.resourceUsage().maxRSS * 1024;
  const most = peak > before.peak ? peak : process.memoryUsage().rss;
  const mib = (most - before.rss) / 2 ** 20;
  report(`${JSON.stringify({ code, stderr, ms, mib, written: written.slice(0, 3) })}\n`);
}
