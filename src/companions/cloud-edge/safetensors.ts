import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';

/** A named array of 32-bit floats, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Bytes of a number, and how one is read. */
const TYPES: Readonly<
  Record<string, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }>
> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: (view, at) => halfFloat(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => brainFloat(view.getUint16(at, true)) },
};

/**
 * The arrays of a safetensors file: eight bytes with the length of a JSON header, the header, the numbers.
 * @throws InputError when a part is missing, overlaps the end or has a type without meaning here
 */
export class Safetensors {
  readonly names: readonly string[];
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #header: Readonly<Record<string, Json>>;
  readonly #file: string;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
    const length = bytes.length < 8 ? -1 : Number(viewOf(bytes).getBigUint64(0, true));
    if (length < 2 || 8 + length > bytes.length) throw this.#broken('the header is cut off');
    this.#start = 8 + length;
    this.#header = this.#parse(new TextDecoder().decode(bytes.subarray(8, this.#start)));
    this.names = Object.keys(this.#header).filter((name) => name !== '__metadata__');
  }

  read(name: string): Tensor {
    const entry = this.#header[name];
    if (!isJsonObject(entry)) throw this.#broken(`has no tensor ${shortText(name)}`);
    const { dtype, shape, data_offsets: offsets } = entry;
    const type = TYPES[String(dtype)];
    if (type === undefined) {
      throw this.#broken(
        `${name} has numbers of type ${shortText(String(dtype))}, not ${Object.keys(TYPES).join(', ')}`,
      );
    }
    if (!isCounts(shape) || !isCounts(offsets)) throw this.#broken(`${name} has no shape or no place`);
    const count = shape.reduce((product, size) => product * size, 1);
    const [from = 0, to = 0] = offsets;
    if (to - from !== count * type.bytes || this.#start + to > this.#bytes.length) {
      throw this.#broken(`${name} does not fit its ${count} numbers`);
    }
    const part = this.#bytes.subarray(this.#start + from, this.#start + to);
    if (dtype === 'F32' && LITTLE_ENDIAN) return { shape, values: new Float32Array(Uint8Array.from(part).buffer) };
    const view = viewOf(part);
    return { shape, values: Float32Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes)) };
  }

  #parse(text: string): Readonly<Record<string, Json>> {
    try {
      const header = JSON.parse(text) as Json;
      if (isJsonObject(header)) return header;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw this.#broken('the header is no JSON map');
  }

  #broken(what: string): InputError {
    return new InputError(`is no safetensors file of a model: ${what}`, { position: { file: this.#file } });
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isCounts(value: Json | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isInteger(item) && item >= 0);
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a 32-bit float. */
function brainFloat(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits * 65_536);
  return view.getFloat32(0);
}
