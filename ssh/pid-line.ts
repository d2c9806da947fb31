import { PID_MARK } from './frame.js';

/** Noise that a login shell may write before our line; after this many bytes we stop looking. */
const LOOK_BYTES = 16_384;

/** Takes the line with the process id out of a stream of stderr. */
export class PidLine {
  /** The process id, which is also the process group; null before its line has come. */
  pid: number | null = null;
  private held: Buffer = Buffer.alloc(0);
  private looking = true;

  /** Takes the next bytes, and gives those that belong to the script or its shell. */
  strip(chunk: Buffer): Buffer {
    if (!this.looking) return chunk;
    this.held = Buffer.concat([this.held, chunk]);
    const start = this.held.indexOf(PID_MARK);
    const end = start === -1 ? -1 : this.held.indexOf('\n', start);
    if (end === -1) return this.held.length > LOOK_BYTES ? this.rest() : Buffer.alloc(0);
    const pid = Number(this.held.toString('latin1', start + PID_MARK.length, end));
    // To `kill`, group 0 is its own and group 1 is every process there is.
    if (Number.isSafeInteger(pid) && pid > 1) this.pid = pid;
    this.held = Buffer.concat([this.held.subarray(0, start), this.held.subarray(end + 1)]);
    return this.rest();
  }

  /** Gives up looking, and gives what was held back. */
  rest(): Buffer {
    const rest = this.held;
    this.looking = false;
    this.held = Buffer.alloc(0);
    return rest;
  }
}
