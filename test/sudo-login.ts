import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no login with a password for sudo can be made here, or false where it can. */
export const NO_SUDO_LOGIN: string | false =
  process.getuid?.() !== 0
    ? 'only root can make a login'
    : existsSync('/usr/bin/sudo') && existsSync('/etc/sudoers.d')
      ? false
      : 'there is no sudo here';

/** A throw-away login that sudo lets become another one, for a password; and that other one. */
export interface SudoLogin {
  readonly login: string;
  readonly password: string;
  /** Whom its commands may run as. */
  readonly service: string;
  /** A directory everyone may write to; its programs are found by the login and by sudo. */
  readonly directory: string;
  /** What sudo wrote down about the login: one line a command or a refusal. */
  sudoLog(): string[];
  remove(): void;
}

/** Makes both logins and the sudoers file; `name` makes them differ from those of other tests. */
export function makeSudoLogin(name: string): SudoLogin {
  const [login, service] = [`bs-${name}-${process.pid}`, `bs-${name}-s-${process.pid}`];
  const password = `pass 'word" $HOME ${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-sudo-'));
  execFileSync('chmod', ['1777', directory]);
  const sudoers = `/etc/sudoers.d/${login}`;
  const remove = (): void => {
    rmSync(sudoers, { force: true });
    rmSync(directory, { recursive: true, force: true });
    for (const one of [login, service]) execFileSync('userdel', ['--force', one], { stdio: 'ignore' });
  };
  for (const one of [login, service]) {
    execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', '*', one]);
  }
  execFileSync('chpasswd', { input: `${login}:${password}\n` });
  const log = join(directory, 'sudo.log');
  const lines = [
    `Defaults:${login} logfile=${log}, !lecture, secure_path="${directory}:/usr/bin:/bin"`,
    `${login} ALL=(${service}) /bin/sh`,
    `${login} ALL=(root) ${directory}/systemctl start web, ${directory}/systemctl stop web`,
  ];
  writeFileSync(sudoers, `${lines.join('\n')}\n`, { mode: 0o440 });
  execFileSync('visudo', ['--check', '--quiet', '--file', sudoers]);
  const sudoLog = (): string[] =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          // A line goes on in those that are indented.
          .replaceAll(/\n\s+/g, ' ')
          .split('\n')
          .filter(Boolean)
      : [];
  return { login, password, service, directory, sudoLog, remove };
}
