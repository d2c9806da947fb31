import { assertShellText } from './shell-text.js';

/**
 * The one command line ever sent to a host. Constant, so the login shell (dash, bash, ksh, fish, tcsh) never parses
 * anything of ours: it reads a byte count and that many bytes of script from stdin.
 */
export const REMOTE_LINE = `exec /bin/sh -c 'read -r n && s=$(head -c "$n") && eval "$s"'`;

/** Begins the line of stderr in which a framed script tells its process id; it never reaches a result. */
export const PID_MARK = '\x01blackstart pid ';

/**
 * The stdin of REMOTE_LINE: the byte length in decimal, a newline, the script.
 * The script goes inside one brace group. When the connection breaks half-way through a long script, the shell gets its
 * head only, and `eval` would run that; a group without its closing brace is a syntax error, so nothing runs.
 * It tells its process id first, because OpenSSH forwards no signals to the sessions of root.
 * Throws TypeError when the script holds a NUL or half a surrogate pair.
 */
export function frame(script: string): Buffer {
  assertShellText(script, 'a script');
  const opening = `{ printf '\\001blackstart pid %s\\n' "$$" >&2; `;
  const closing = '\n}';
  const length = opening.length + Buffer.byteLength(script) + closing.length;
  // Written into one piece: scripts are long, and joining texts would copy each several times.
  const count = `${length}\n`;
  const framed = Buffer.allocUnsafe(count.length + length);
  let at = framed.write(count + opening, 'latin1');
  at += framed.write(script, at, 'utf8');
  framed.write(closing, at, 'latin1');
  return framed;
}
