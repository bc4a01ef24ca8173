import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { onDisk } from '../../base/disk-error.ts';
import { InputError } from '../../base/errors.ts';
import type { SpillStore } from '../../connect/traces/sort-requests.ts';
import { makeFolder, refuseOddFile } from '../../study/io/text-file.ts';

const PIECE_BYTES = 1 << 20;

/** Text of a file piece by piece; gzip is unpacked. @param onBytes - told how much of the file was read */
export async function* textPieces(file: string, onBytes: (bytes: number) => void): AsyncGenerator<string> {
  const packed = isGzip(file);
  const source = createReadStream(file, { highWaterMark: PIECE_BYTES });
  let bytes = 0;
  source.on('data', (piece) => {
    bytes += piece.length;
    onBytes(bytes);
  });
  const stream: Readable = packed ? source.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : source;
  source.on('error', (error) => stream.destroy(error));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  try {
    for await (const piece of stream) yield decoder.decode(piece as Uint8Array, { stream: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new InputError(`cannot be read (${code})`, { position: { file } });
  } finally {
    source.destroy();
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

/** Size of a file. @throws InputError when there is none */
export function fileBytes(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new InputError('file not found', { position: { file }, suggestion: 'check the path' });
  refuseOddFile(file, Number.POSITIVE_INFINITY);
  return stats.size;
}

function isGzip(file: string): boolean {
  const handle = onDisk(file, 'read', () => openSync(file, 'r'));
  try {
    const magic = new Uint8Array(2);
    const read = onDisk(file, 'read', () => readSync(handle, magic, 0, 2, 0));
    return read === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    closeSync(handle);
  }
}

/** Files of a trace that is to be written. */
export interface TracePair {
  readonly header: string;
  readonly data: string;
}

/** The pair that `--out` means: files of that name, or `trace.yaml` and `trace.csv` in a folder. */
export function tracePair(out: string): TracePair {
  const named = /\.(ya?ml|csv)$/i.exec(out);
  const stem = named === null ? join(out, 'trace') : out.slice(0, named.index);
  return { header: `${stem}.yaml`, data: `${stem}.csv` };
}

/** A file that appears under its name once it is whole. */
export class GrowingFile {
  readonly #file: string;
  readonly #part: string;
  readonly #handle: number;
  /** Made for the file. */
  readonly #folder: string | null;
  #pending: string[] = [];
  #characters = 0;
  #open = true;

  constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.part`;
    const folder = dirname(file);
    this.#folder = existsSync(folder) ? null : folder;
    makeFolder(folder);
    this.#handle = onDisk(file, 'written', () => {
      rmSync(this.#part, { force: true });
      return openSync(this.#part, 'wx');
    });
  }

  line(text: string): void {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= PIECE_BYTES) this.#flush();
  }

  keep(): void {
    this.#flush();
    this.#close();
    renameSync(this.#part, this.#file);
  }

  /** Harmless after `keep`. */
  discard(): void {
    this.#close();
    rmSync(this.#part, { force: true });
    if (this.#folder !== null && readdirSync(this.#folder).length === 0) rmdirSync(this.#folder);
  }

  #flush(): void {
    if (this.#pending.length > 0) writeSync(this.#handle, `${this.#pending.join('\n')}\n`);
    this.#pending = [];
    this.#characters = 0;
  }

  #close(): void {
    if (this.#open) closeSync(this.#handle);
    this.#open = false;
  }
}

/** Runs of sorted requests, in files beside the result until `clear`. */
export class SpillFiles implements SpillStore {
  readonly #stem: string;
  readonly #runs: GrowingRun[] = [];

  constructor(beside: string) {
    this.#stem = join(dirname(beside), `.${basename(beside)}.${process.pid}`);
  }

  write(run: number, lines: readonly string[]): void {
    while (this.#runs.length <= run) {
      makeFolder(dirname(this.#stem));
      this.#runs.push(new GrowingRun(`${this.#stem}.run-${this.#runs.length}`));
    }
    this.#runs[run]!.write(lines);
  }

  read(run: number): Iterable<string> {
    return this.#runs[run]?.lines() ?? [];
  }

  clear(): void {
    for (const run of this.#runs) run.remove();
  }
}

/** Lines written first and read afterwards. */
class GrowingRun {
  readonly #file: string;
  readonly #handle: number;
  #at = 0;

  constructor(file: string) {
    this.#file = file;
    this.#handle = onDisk(file, 'written', () => openSync(file, 'w+'));
  }

  write(lines: readonly string[]): void {
    const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#handle, bytes, done, undefined, this.#at + done);
    this.#at += bytes.length;
  }

  *lines(): Generator<string> {
    const buffer = new Uint8Array(PIECE_BYTES);
    const decoder = new TextDecoder();
    let rest = '';
    for (let at = 0; at < this.#at; ) {
      const count = readSync(this.#handle, buffer, 0, buffer.length, at);
      if (count === 0) return;
      at += count;
      const lines = (rest + decoder.decode(buffer.subarray(0, count), { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  }

  remove(): void {
    closeSync(this.#handle);
    if (existsSync(this.#file)) rmSync(this.#file);
  }
}
