import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { codeOf, messageOf, NotSent, reasonOf } from './failures.js';
import { Slots } from './slots.js';

/** How long an answer of `ssh -G` is used again, in milliseconds. */
const KEPT_MS = 60_000;
/** `Match exec` may hang; then we say so instead of waiting. */
const ANSWER_MS = 10_000;
/** Programs started at once: more would only fight for the cores. */
const AT_ONCE = 8;

/** What `ssh -G` is asked for. */
export interface ConfigQuestion {
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly configFile: string | null;
}

/** The options that ssh would use: keywords in lower case, each with its values in order. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

/** Asks ssh_config through `ssh -G`, which alone understands Include and Match. */
export class SshConfig {
  private readonly answers = new Map<string, { readonly until: number; readonly answer: Promise<SshOptions | null> }>();
  private readonly slots = new Slots(AT_ONCE);
  private readonly closing = new AbortController();

  /** `program` is the ssh client to ask. */
  constructor(private readonly program = 'ssh') {
    setMaxListeners(0, this.closing.signal); // Everyone who waits for a slot listens.
  }

  /**
   * The options for one host, or null when there is no ssh client to ask.
   * Throws NotSent('config') when ssh refuses its configuration or does not answer in ten seconds.
   */
  lookUp(question: ConfigQuestion): Promise<SshOptions | null> {
    const key = JSON.stringify([question.configFile, question.user, question.host, question.port]);
    const kept = this.answers.get(key);
    if (kept && kept.until > performance.now()) return kept.answer;
    const answer = this.ask(question);
    this.answers.set(key, { until: performance.now() + KEPT_MS, answer });
    // A failure is not kept: whoever repairs the file must not wait a minute.
    answer.catch(() => this.answers.delete(key));
    return answer;
  }

  /** Ends every `ssh -G` under way; their questions fail. */
  close(): void {
    this.closing.abort(new NotSent('cancelled', 'the pool was closed'));
  }

  private async ask(question: ConfigQuestion): Promise<SshOptions | null> {
    const release = await this.slots.take(this.closing.signal);
    try {
      return parseSshOptions(await this.askProgram(question));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      if (question.configFile === null) return null;
      throw new NotSent('config', `no ssh client to read ${question.configFile} with. Install openssh-client.`);
    } finally {
      release();
    }
  }

  private askProgram({ host, port, user, configFile }: ConfigQuestion): Promise<string> {
    const args = ['-G', ...(configFile === null ? [] : ['-F', configFile])];
    if (port !== null) args.push('-p', String(port));
    if (user !== null) args.push('-l', user);
    args.push('--', host);
    const limits = { timeout: ANSWER_MS, killSignal: 'SIGKILL', signal: this.closing.signal } as const;
    return new Promise((resolve, reject) => {
      execFile(this.program, args, limits, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (error.code === 'ENOENT') return reject(error);
        if (this.closing.signal.aborted) return reject(reasonOf(this.closing.signal));
        const why = error.killed ? `no answer in ${ANSWER_MS / 1000} s` : stderr.trim() || messageOf(error);
        reject(new NotSent('config', `ssh -G ${host} failed: ${why}. Run "${this.program} ${args.join(' ')}" to see.`));
      });
    });
  }
}

/** Reads what `ssh -G` prints: one "keyword value" a line, some keywords several times. */
export function parseSshOptions(text: string): SshOptions {
  const options = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword === undefined || value === undefined) continue;
    const values = options.get(keyword.toLowerCase()) ?? [];
    options.set(keyword.toLowerCase(), [...values, value]);
  }
  return options;
}
