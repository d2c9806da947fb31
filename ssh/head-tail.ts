/** Small pieces joined at a time: a watch of minutes tells thousands of two bytes, each of which would cost 200. */
const PIECES = 64;

/** Keeps the first and the last bytes of a stream of any length, and counts what fell out between them. */
export class HeadTail {
  private head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private readonly headMax: number;
  private readonly tailMax: number;
  private cut = 0;

  /** Keeps `maxBytes` in all, half of them from the head. */
  constructor(maxBytes: number) {
    this.headMax = Math.floor(Math.max(0, maxBytes) / 2);
    this.tailMax = Math.max(0, maxBytes) - this.headMax;
  }

  /** Takes the next bytes. */
  add(chunk: Buffer): void {
    const toHead = Math.min(chunk.length, this.headMax - this.headBytes);
    if (toHead > 0) this.head.push(chunk.subarray(0, toHead));
    if (this.head.length > PIECES) this.head = [Buffer.concat(this.head)];
    this.headBytes += toHead;
    if (toHead === chunk.length) return;
    this.tail.push(chunk.subarray(toHead));
    this.tailBytes += chunk.length - toHead;
    // Joined only when twice too long: cutting at every chunk would copy the tail again and again.
    if (this.tailBytes > 2 * this.tailMax + 65_536) this.cutTail();
    else if (this.tail.length > PIECES) this.tail = [Buffer.concat(this.tail)];
  }

  /** Bytes not kept. */
  get dropped(): number {
    return this.cut + Math.max(0, this.tailBytes - this.tailMax);
  }

  /** The kept bytes as UTF-8: head and tail without a mark between them (`dropped` says whether something is missing). */
  text(): string {
    this.cutTail();
    return Buffer.concat([...this.head, ...this.tail]).toString('utf8');
  }

  private cutTail(): void {
    const excess = Math.max(0, this.tailBytes - this.tailMax);
    // Buffer.concat copies, which also lets go of the large buffers that small pieces were cut from.
    this.tail = [Buffer.concat(this.tail).subarray(excess)];
    this.tailBytes -= excess;
    this.cut += excess;
  }
}
