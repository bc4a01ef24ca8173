/** What a program writes, in constant memory: the first `most` bytes, and the last ones once there were more. */
export class KeptOutput {
  readonly #most: number;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = Math.min(chunk.length, this.#most - this.#headBytes);
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room));
      this.#headBytes += room;
    }
    if (room === chunk.length) return;
    this.#tail.push(chunk.subarray(room));
    this.#tailBytes += chunk.length - room;
    while (this.#tailBytes - this.#tail[0]!.length >= TAIL_BYTES) this.#tailBytes -= this.#tail.shift()!.length;
  }

  /** More came than is kept from the beginning. */
  get overflowed(): boolean {
    return this.#bytes > this.#most;
  }

  text(): string {
    const [head, tail] = [Buffer.concat(this.#head), Buffer.concat(this.#tail)];
    const left = this.#bytes - head.length - tail.length;
    if (left === 0) return Buffer.concat([head, tail]).toString('utf8');
    return `${head.toString('utf8')}\n[… ${left} bytes left out …]\n${tail.toString('utf8')}`;
  }
}

const TAIL_BYTES = 64 * 1024;
