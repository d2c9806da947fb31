import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/** Between the fields of a question; no host, user or path that we pass on has it. */
const SEPARATOR = '\x1f';

/**
 * Asks ssh ($0) for the options of one host a line, and ends each answer with NUL, exit code, NUL. Whatever the fields
 * hold reaches ssh as whole arguments. It ends with its standard input, also when the worker is killed.
 */
const SCRIPT = `while IFS=${SEPARATOR} read -r host port user file; do
"$0" -G \${file:+-F "$file"} \${port:+-p "$port"} \${user:+-l "$user"} -- "$host" </dev/null 2>/dev/null
printf '\\000%s\\000' "$?"
done`;

/** What `ssh -G` is asked for. */
export interface ConfigQuestion {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly configFile: string | null;
}

/**
 * A small shell that runs `ssh -G` for one question after another. Measured: a worker of 300 MB is blocked for 25 to 100
 * ms by every program it starts itself, since its memory has to be prepared for a copy; a shell needs 5 ms for one.
 */
export class ConfigShell {
  /** False once it ended; it answers no more questions then. */
  usable = true;
  /** True once a question was not answered in its time; that ended it. */
  late = false;
  private readonly child: ChildProcess;
  private text = '';
  private settle: (answer: string | null) => void = () => undefined;

  /** `program` is the ssh client to ask. */
  constructor(program: string) {
    // A session of its own, so that what hangs below it can be ended with it.
    this.child = spawn('/bin/sh', ['-c', SCRIPT, program], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.take(text));
    this.child.stdin?.on('error', () => undefined); // 'exit' follows and says all there is to say.
    this.child.on('error', () => this.end());
    this.child.on('exit', () => this.end());
    this.hold(false);
  }

  /**
   * What `ssh -G` prints; null when it takes longer than `limitMs` (then it is `late`), fails or cannot be asked this way:
   * then ask it alone, to see why. One question at a time.
   */
  ask({ host, port, user, configFile }: ConfigQuestion, limitMs: number): Promise<string | null> {
    const line = [host, port ?? '', user ?? '', configFile ?? ''].join(SEPARATOR);
    if (!this.usable || line.includes('\n') || line.split(SEPARATOR).length !== 4) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.late = true;
        this.end();
      }, limitMs);
      this.settle = (answer) => {
        clearTimeout(timer);
        this.hold(false);
        this.settle = () => undefined;
        resolve(answer);
      };
      this.hold(true);
      this.child.stdin?.write(`${line}\n`);
    });
  }

  /** Ends the shell and whatever it runs; the question under way gets null. */
  end(): void {
    if (this.usable && this.child.pid !== undefined) {
      try {
        process.kill(-this.child.pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    this.usable = false;
    this.settle(null);
  }

  private take(text: string): void {
    this.text += text;
    const [answer, code, rest] = this.text.split('\0');
    if (answer === undefined || code === undefined || rest === undefined) return;
    this.text = '';
    this.settle(code === '0' ? answer : null);
  }

  /** An idle shell must not keep the process alive. */
  private hold(on: boolean): void {
    for (const handle of [this.child, this.child.stdin as Socket | null, this.child.stdout as Socket | null]) {
      if (on) handle?.ref();
      else handle?.unref();
    }
  }
}
