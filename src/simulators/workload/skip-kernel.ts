/**
 * Memory for the registers of generators that skip much, with the loop that works on it: WebAssembly on 64-bit
 * lanes, since JavaScript has no fast 64-bit addition and this loop takes most of the time of workload generation.
 */
export class RegisterBank {
  readonly #buffer: ArrayBuffer;
  readonly #skip: (base: number, count: number, tap: number, feed: number) => number;
  #used = 0;

  /** @param slots - generators that may be made in it */
  constructor(slots: number) {
    const memory = new WASM.Memory({ initial: Math.ceil((slots * REGISTER_BYTES) / PAGE_BYTES) });
    const instance = new WASM.Instance(KERNEL, { bank: { memory } });
    this.#buffer = memory.buffer;
    this.#skip = instance.exports['skip'] as (base: number, count: number, tap: number, feed: number) => number;
  }

  /** The next free place for a register. */
  slot(): RegisterSlot {
    const base = this.#used;
    this.#used += REGISTER_BYTES;
    const skip = this.#skip;
    return {
      words: new Int32Array(this.#buffer, base, 2 * REGISTER_LENGTH),
      skip: (count, tap, feed) => skip(base, count, tap, feed),
    };
  }
}

export interface RegisterSlot {
  /** 607 words of 64 bits, each as lower and upper half. */
  readonly words: Int32Array;
  /** Steps the register until `count` token draws were accepted; answers the number of steps. */
  readonly skip: (count: number, tap: number, feed: number) => number;
}

/** The part of the WebAssembly interface used here; Node's type definitions leave it out. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
}

const WASM = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;

/** Words of a register. */
export const REGISTER_LENGTH = 607;
const REGISTER_BYTES = 8 * REGISTER_LENGTH;
const PAGE_BYTES = 65_536;
/** Largest 31-bit draw that does not favour small token ids: 2^31 − 1 − (2^31 mod 128000). */
export const TOKEN_LIMIT = 2_147_455_999;

/* Opcodes. @see WebAssembly Core Specification 2.0, appendix "Index of Instructions" */
const LOOP = [0x03, 0x40];
const IF = [0x04, 0x40];
const END = 0x0b;
const BRANCH_IF = 0x0d;
const SELECT = 0x1b;
const I32_EQZ = 0x45;
const I32_LT_S = 0x48;
const I32_GT_S = 0x4a;
const I32_GE_S = 0x4e;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I32_SHL = 0x74;
const I64_GT_S = 0x55;
const I64_ADD = 0x7c;
const I64_AND = 0x83;
const I32_WRAP_I64 = 0xa7;
const I64_LOAD = [0x29, 3, 0];
const I64_STORE = [0x37, 3, 0];
const V128_LOAD = [0xfd, 0, 3, 0];
const V128_STORE = [0xfd, 11, 3, 0];
const V128_AND = [0xfd, 78];
const I64X2_SPLAT = [0xfd, 18];
const I64X2_EXTRACT_LANE = [0xfd, 29];
const I64X2_ADD = [0xfd, 0xce, 0x01];
const I64X2_SUB = [0xfd, 0xd1, 0x01];
const I64X2_GT_S = [0xfd, 0xd9, 0x01];
const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;

type Code = readonly (number | Code)[];

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const i32 = (value: number): Code => [0x41, signedLeb(BigInt(value))];
const i64 = (value: bigint): Code => [0x42, signedLeb(value)];

/**
 * Both indices run downwards and wrap from 0 to 606; stretches without a wrap are done two words at a time. A pair
 * never reads what it writes, since the indices are 273 apart.
 */
function skipBody(): Code {
  const [base, count, tap, feed, steps, run, p, q, word, pair, rejected] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
  const positive = i64(0x7fff_ffff_ffff_ffffn);
  const largest = i64((BigInt(TOKEN_LIMIT) << 32n) | 0xffff_ffffn);
  const wrap = (index: number): Code => [get(index), I32_EQZ, IF, i32(REGISTER_LENGTH), set(index), END];
  const smaller = (index: number): Code => [get(run), get(index), get(run), get(index), I32_LT_S, SELECT, set(run)];
  const subtract = (local: number, amount: Code): Code => [get(local), amount, I32_SUB, set(local)];
  const add = (local: number, amount: Code): Code => [get(local), amount, I32_ADD, set(local)];
  return [
    LOOP,
    [wrap(tap), wrap(feed)],
    [get(count), set(run), smaller(tap), smaller(feed)],
    [get(tap), i32(3), I32_SHL, get(base), I32_ADD, set(p), get(feed), i32(3), I32_SHL, get(base), I32_ADD, set(q)],
    [subtract(tap, get(run)), subtract(feed, get(run)), subtract(count, get(run)), add(steps, get(run))],
    [i64(0n), I64X2_SPLAT, set(rejected)],
    [get(run), i32(2), I32_GE_S, IF, LOOP],
    [subtract(p, i32(16)), get(q), i32(16), I32_SUB, tee(q)],
    [get(q), V128_LOAD, get(p), V128_LOAD, I64X2_ADD, tee(pair), V128_STORE],
    [get(rejected), get(pair), positive, I64X2_SPLAT, V128_AND, largest, I64X2_SPLAT, I64X2_GT_S],
    [I64X2_SUB, set(rejected)],
    [get(run), i32(2), I32_SUB, tee(run), i32(2), I32_GE_S, BRANCH_IF, 0, END, END],
    [get(run), IF, subtract(p, i32(8)), get(q), i32(8), I32_SUB, tee(q)],
    [get(q), I64_LOAD, get(p), I64_LOAD, I64_ADD, tee(word), I64_STORE],
    [add(count, [get(word), positive, I64_AND, largest, I64_GT_S]), END],
    add(count, [get(rejected), I64X2_EXTRACT_LANE, 0, get(rejected), I64X2_EXTRACT_LANE, 1, I64_ADD, I32_WRAP_I64]),
    [get(count), i32(0), I32_GT_S, BRANCH_IF, 0, END],
    get(steps),
  ];
}

function moduleCode(): Code {
  // Locals after the four parameters: four i32, one i64, two v128.
  const locals: Code = [3, 4, I32, 1, I64, 2, V128];
  const body = flat([locals, skipBody(), END]);
  return [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [1, 0x60, 4, I32, I32, I32, I32, 1, I32]),
    section(2, [1, name('bank'), name('memory'), 2, 0, 1]),
    section(3, [1, 0]),
    section(7, [1, name('skip'), 0, 0]),
    section(10, [1, unsignedLeb(body.length), body]),
  ];
}

function section(id: number, content: Code): Code {
  const bytes = flat(content);
  return [id, unsignedLeb(bytes.length), bytes];
}

function name(text: string): Code {
  return [text.length, ...new TextEncoder().encode(text)];
}

function flat(code: Code): number[] {
  return code.flatMap((item) => (typeof item === 'number' ? [item] : flat(item)));
}

function unsignedLeb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

function signedLeb(value: bigint): Code {
  const low = Number(BigInt.asUintN(7, value));
  const rest = value >> 7n;
  const done = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
  return done ? [low] : [low | 0x80, ...signedLeb(rest)];
}

const KERNEL = new WASM.Module(Uint8Array.from(flat(moduleCode())));
