import type { Tensor } from './safetensors.ts';

/** A field of a protocol buffer: its number, and a whole number, a text, bytes or a 32-bit float. */
type Field = readonly [tag: number, value: number | string | Uint8Array | { readonly float: number }];
type Attribute = number | readonly number[] | { readonly float: number };

const FLOAT = 1;
const INT64 = 7;

/**
 * Builds a model file of ONNX (operator set 17) node by node.
 * @see onnx.proto of the ONNX project for the numbers of the fields
 */
export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];

  /** @returns the name under which nodes take the constant */
  constant(name: string, { shape, values }: Tensor): string {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push(message([...shape.map((size): Field => [1, size]), [2, FLOAT], [8, name], [9, raw]]));
    return name;
  }

  /** A constant list of whole numbers. */
  integers(name: string, values: readonly number[]): string {
    const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#constants.push(
      message([
        [1, values.length],
        [2, INT64],
        [8, name],
        [9, raw],
      ]),
    );
    return name;
  }

  /** @returns the name of the node's only output */
  node(kind: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `${kind}_${this.#nodes.length}`;
    this.#add(kind, inputs, output, attributes);
    return output;
  }

  /** The model file; inputs are whole numbers and outputs floats of any size. */
  model(inputs: readonly string[], output: { readonly name: string; readonly from: string }): Uint8Array {
    this.#add('Identity', [output.from], output.name, {});
    const graph = message([
      ...this.#nodes.map((node): Field => [1, node]),
      [2, 'encoder'],
      ...this.#constants.map((constant): Field => [5, constant]),
      ...inputs.map((name): Field => [11, valueInfo(name, INT64, ['batch', 'tokens'])]),
      [12, valueInfo(output.name, FLOAT, ['batch', 'tokens', 'width'])],
    ]);
    return message([
      [1, 8],
      [7, graph],
      [8, message([[2, 17]])],
    ]);
  }

  #add(kind: string, inputs: readonly string[], output: string, attributes: Readonly<Record<string, Attribute>>): void {
    const fields: Field[] = [...inputs.map((name): Field => [1, name]), [2, output], [4, kind]];
    for (const [name, value] of Object.entries(attributes)) fields.push([5, attribute(name, value)]);
    this.#nodes.push(message(fields));
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number') {
    return message([
      [1, name],
      [3, value],
      [20, 2],
    ]);
  }
  if ('float' in value) {
    return message([
      [1, name],
      [2, value],
      [20, 1],
    ]);
  }
  return message([[1, name], ...value.map((item): Field => [8, item]), [20, 7]]);
}

function valueInfo(name: string, type: number, dims: readonly string[]): Uint8Array {
  const shape = message(dims.map((dim): Field => [1, message([[2, dim]])]));
  const tensor = message([
    [1, type],
    [2, shape],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

function message(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(encoded));
}

function encoded([tag, value]: Field): Uint8Array[] {
  if (typeof value === 'number') return [varint(tag * 8), varint(value)];
  if (typeof value === 'object' && 'float' in value) {
    return [varint(tag * 8 + 5), new Uint8Array(Float32Array.of(value.float).buffer)];
  }
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [varint(tag * 8 + 2), varint(bytes.length), bytes];
}

/** Seven bits a byte, lowest first; negative numbers are not needed. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Uint8Array.from([...out, rest]);
}
