import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { ConfigGroups } from './config-groups.js';
import { ConfigShell, type ConfigQuestion } from './config-shell.js';
import { codeOf, messageOf, NotSent, reasonOf } from './failures.js';
import { Slots } from './slots.js';

/** How long an answer of `ssh -G` is used again, in milliseconds, while the files stay the same and its way works. */
const KEPT_MS = 300_000;
/** The same where more than the files may decide (`Match exec`, another file by "~"), so that nobody sees it change. */
const KEPT_ALONE_MS = 60_000;
/** `Match exec` may hang; then we say so instead of waiting. */
const ANSWER_MS = 10_000;
/** Programs at once: more would only fight for the cores. */
const AT_ONCE = 4;

/** What is kept of the eighty options that ssh tells: a thousand hosts' answers are kept at once. */
const KEYWORDS = [
  'connecttimeout',
  'globalknownhostsfile',
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'identityfile',
  'port',
  'proxycommand',
  'proxyjump',
  'revokedhostkeys',
  'user',
  'userknownhostsfile',
] as const;
export type SshKeyword = (typeof KEYWORDS)[number];

/** The options that ssh would use, each with its values in order. */
export type SshOptions = ReadonlyMap<SshKeyword, readonly string[]>;

/** An answer, and the host it was asked for. */
interface Kept {
  readonly until: number;
  readonly host: string;
  readonly answer: Promise<SshOptions | null>;
}

/** Asks ssh_config through `ssh -G`, which alone understands Include and Match. */
export class SshConfig {
  private readonly answers = new Map<string, Kept>();
  private readonly groups = new ConfigGroups();
  private readonly slots = new Slots(AT_ONCE);
  private readonly shells = new Set<ConfigShell>();
  private readonly idleShells: ConfigShell[] = [];
  private readonly closing = new AbortController();

  /** `program` is the ssh client to ask, `answerMs` how long it may take. */
  constructor(
    private readonly program = 'ssh',
    private readonly answerMs = ANSWER_MS,
  ) {
    setMaxListeners(0, this.closing.signal); // Everyone who waits for a slot listens.
  }

  /**
   * The options for one host, or null when there is no ssh client to ask.
   * Throws NotSent('config') when ssh refuses its configuration or does not answer in ten seconds.
   */
  async lookUp(question: ConfigQuestion): Promise<SshOptions | null> {
    const group = await this.groups.keyOf(question);
    const key = group ?? keyOf(question);
    const kept = this.answers.get(key);
    const isFresh = kept !== undefined && kept.until > performance.now();
    const { host, answer } = isFresh ? kept : this.askAnew(key, question, group === null ? KEPT_ALONE_MS : KEPT_MS);
    const options = await answer;
    const ownName = options?.get('hostname')?.[0] === host;
    // Asked for another host of the group, whose name is its address.
    return options && ownName && host !== question.host
      ? new Map([...options, ['hostname', [question.host]]])
      : options;
  }

  /** Asks anew next time: the way that the answer told did not work, and somebody may be mending what it rests on. */
  async forget(question: ConfigQuestion): Promise<void> {
    this.answers.delete((await this.groups.keyOf(question)) ?? keyOf(question));
  }

  /** Ends every `ssh -G` under way; their questions fail. */
  close(): void {
    this.closing.abort(new NotSent('cancelled', 'the pool was closed'));
    for (const shell of this.shells) shell.end();
  }

  private askAnew(key: string, question: ConfigQuestion, keptMs: number): Kept {
    const answer = this.ask(question);
    const kept = { until: performance.now() + keptMs, host: question.host, answer };
    this.answers.set(key, kept);
    // A failure is not kept: whoever repairs the file must not wait.
    answer.catch(() => this.answers.delete(key));
    return kept;
  }

  private async ask(question: ConfigQuestion): Promise<SshOptions | null> {
    const release = await this.slots.take(this.closing.signal);
    try {
      const text = await this.askShell(question);
      if (this.closing.signal.aborted) throw reasonOf(this.closing.signal);
      return parseSshOptions(text ?? (await this.askProgram(question)));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      if (question.configFile === null) return null;
      throw new NotSent('config', `no ssh client to read ${question.configFile} with. Install openssh-client.`);
    } finally {
      release();
    }
  }

  private async askShell(question: ConfigQuestion): Promise<string | null> {
    const shell = this.idleShells.pop() ?? new ConfigShell(this.program);
    this.shells.add(shell);
    const text = await shell.ask(question, this.answerMs);
    if (shell.usable) this.idleShells.push(shell);
    else this.shells.delete(shell);
    // Alone it would hang, too.
    if (shell.late) throw this.failed(question, this.noAnswer());
    return text;
  }

  /** Alone, and only where the shell got no answer: this one tells why. */
  private askProgram(question: ConfigQuestion): Promise<string> {
    const limits = { timeout: this.answerMs, killSignal: 'SIGKILL', signal: this.closing.signal } as const;
    return new Promise((resolve, reject) => {
      execFile(this.program, argumentsOf(question), limits, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (error.code === 'ENOENT') return reject(error);
        if (this.closing.signal.aborted) return reject(reasonOf(this.closing.signal));
        reject(this.failed(question, error.killed ? this.noAnswer() : stderr.trim() || messageOf(error)));
      });
    });
  }

  private noAnswer(): string {
    return `no answer in ${this.answerMs / 1000} s`;
  }

  private failed(question: ConfigQuestion, why: string): NotSent {
    const command = [this.program, ...argumentsOf(question)].join(' ');
    return new NotSent('config', `ssh -G ${question.host} failed: ${why}. Run "${command}" to see.`);
  }
}

function argumentsOf({ host, port, user, configFile }: ConfigQuestion): string[] {
  const args = ['-G', ...(configFile === null ? [] : ['-F', configFile])];
  if (port !== null) args.push('-p', String(port));
  if (user !== null) args.push('-l', user);
  return [...args, '--', host];
}

function keyOf({ configFile, user, host, port }: ConfigQuestion): string {
  return JSON.stringify([configFile, user, host, port]);
}

/** Reads what `ssh -G` prints: one "keyword value" a line, some keywords several times. */
export function parseSshOptions(text: string): SshOptions {
  const options = new Map<SshKeyword, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    const keyword = KEYWORDS.find((known) => known === line.slice(0, space).toLowerCase());
    if (keyword === undefined) continue;
    // A copy: a part of the text would keep all of it in memory.
    const value = Buffer.from(line.slice(space + 1)).toString();
    options.set(keyword, [...(options.get(keyword) ?? []), value]);
  }
  return options;
}
