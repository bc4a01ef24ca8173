/** A minimal writer of ONNX files (protocol buffers), enough for a table look-up encoder. */

type Field = readonly [tag: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}

function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([tag, value]) => {
    if (typeof value === 'number') return Uint8Array.from([...varint(tag * 8), ...varint(value)]);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return Buffer.concat([Uint8Array.from([...varint(tag * 8 + 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const FLOAT = 1;
const INT64 = 7;

function valueInfo(name: string, elementType: number, dims: readonly (string | number)[]): Uint8Array {
  const shape = message(...dims.map((dim): Field => [1, message(typeof dim === 'number' ? [1, dim] : [2, dim])]));
  return message([1, name], [2, message([1, message([1, elementType], [2, shape])])]);
}

/**
 * `last_hidden_state[b, t] = table[input_ids[b, t]]`.
 * @param inputs - declared inputs; the first is looked up
 */
export function lookUpModel(
  table: readonly (readonly number[])[],
  inputs = ['input_ids', 'attention_mask'],
): Uint8Array {
  const width = table[0]!.length;
  const raw = new Uint8Array(Float32Array.from(table.flat()).buffer);
  const initializer = message([1, table.length], [1, width], [2, FLOAT], [8, 'table'], [9, raw]);
  const node = message([1, 'table'], [1, inputs[0]!], [2, 'last_hidden_state'], [3, 'gather'], [4, 'Gather']);
  const graph = message(
    [1, node],
    [2, 'look-up'],
    [5, initializer],
    ...inputs.map((name): Field => [11, valueInfo(name, INT64, ['batch', 'tokens'])]),
    [12, valueInfo('last_hidden_state', FLOAT, ['batch', 'tokens', width])],
  );
  return message([1, 8], [7, graph], [8, message([2, 13])]);
}
