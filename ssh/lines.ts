import { StringDecoder } from 'node:string_decoder';

/** Characters of one line that are kept: a command that never writes a newline must not fill the memory. */
const LONGEST_LINE = 65_536;

/** Cuts a stream of bytes into lines. A last line without a newline is not complete and is not given out. */
export class Lines {
  private readonly decoder = new StringDecoder('utf8');
  private pending = '';

  /** `onLine` gets each complete line without its newline, cut at 65,536 characters. */
  constructor(private readonly onLine: (line: string) => void) {}

  /** Takes the next bytes. Throws what `onLine` throws. */
  add(chunk: Buffer): void {
    const pieces = this.decoder.write(chunk).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      const line = this.pending + piece;
      this.pending = '';
      this.onLine(line.slice(0, LONGEST_LINE));
    }
    this.pending = (this.pending + last).slice(0, LONGEST_LINE);
  }
}
