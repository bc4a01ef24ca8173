/** Raised where a program that reads what commands print may have to change. */
const SCHEMA_VERSION = 1;

/**
 * Prints what every `--json` prints: one envelope, with the result of the command in `data`.
 * @param command - as it is called: `pareto`, `kvsched run`
 */
export function printJson(command: string, data: unknown): void {
  process.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, command, data }, null, 2)}\n`);
}
