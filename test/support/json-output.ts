/** What a command printed with `--json`: the data in the one envelope. Throws where it is another text. */
export function dataOf<T = ReturnType<typeof JSON.parse>>(stdout: string): T {
  const envelope = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const keys = Object.keys(envelope).join(', ');
  if (keys !== 'schemaVersion, command, data') throw new Error(`no envelope, but ${keys}`);
  return envelope['data'] as T;
}
