import type { ClientChannel } from 'ssh2';
import { HeadTail } from './head-tail.js';
import { Lines } from './lines.js';
import { PidLine } from './pid-line.js';
import type { RunRequest } from './types.js';

const DEFAULT_MAX_BYTES = 262_144;

/** What a result says about the output. */
export interface OutputTexts {
  readonly stdout: string;
  readonly stderr: string;
  readonly droppedBytes: number;
}

/** Collects the output of one run, and gives its lines to the caller as they come. */
export class Outputs {
  private readonly stdout: HeadTail;
  private readonly stderr: HeadTail;
  private lines: Lines | null;
  private readonly pidLine = new PidLine();
  private open = true;

  /** `onData` is called at every piece of output. */
  constructor(stream: ClientChannel, request: RunRequest, onData: () => void) {
    const max = request.maxOutputBytes ?? DEFAULT_MAX_BYTES;
    this.stdout = new HeadTail(max);
    this.stderr = new HeadTail(max);
    this.lines = request.onLine ? new Lines(request.onLine) : null;
    // The streams are read to their end even when nobody wants the bytes any more: an unread channel never closes.
    stream.on('data', (chunk: Buffer) => {
      if (!this.open) return;
      this.stdout.add(chunk);
      this.giveLines(chunk);
      onData();
    });
    stream.stderr.on('data', (chunk: Buffer) => {
      if (!this.open) return;
      this.stderr.add(this.pidLine.strip(chunk));
      onData();
    });
  }

  /** The process group of the script on its host, or null while it has not told. */
  get pid(): number | null {
    return this.pidLine.pid;
  }

  /** Ends the collection; later output is thrown away. Gives what was kept. */
  close(): OutputTexts {
    this.open = false;
    this.stderr.add(this.pidLine.rest());
    const droppedBytes = this.stdout.dropped + this.stderr.dropped;
    return { stdout: this.stdout.text(), stderr: this.stderr.text(), droppedBytes };
  }

  private giveLines(chunk: Buffer): void {
    try {
      this.lines?.add(chunk);
    } catch (error) {
      // A fault of the caller must neither end the run nor crash the socket's handler, but it must be seen.
      this.lines = null;
      process.emitWarning(error instanceof Error ? error : String(error), { detail: 'thrown by onLine of a run' });
    }
  }
}
