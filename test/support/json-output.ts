/** What a command printed with `--json`: the data in the one envelope. Throws where it is another text. */
export function dataOf<T = ReturnType<typeof JSON.parse>>(stdout: string): T {
  const envelope = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const keys = Object.keys(envelope).join(', ');
  if (keys !== 'schemaVersion, command, data') throw new Error(`no envelope, but ${keys}`);
  const { schemaVersion, command, data } = envelope;
  if (schemaVersion !== 1 || typeof command !== 'string' || command === '') {
    throw new Error(`no envelope of version 1 with a command: ${JSON.stringify({ schemaVersion, command })}`);
  }
  return data as T;
}
