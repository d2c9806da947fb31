import { assertShellText } from './shell-text.js';

/**
 * Turns a value into one word of POSIX sh text that means exactly this value. The one place of the product that does so.
 * It does not protect against a command that takes a value with a leading "-" for an option: write `--` before it.
 * Throws TypeError when the value holds a NUL or half a surrogate pair, which no argument can carry.
 */
export function shellLiteral(value: string): string {
  assertShellText(value, 'a value');
  return `'${value.replaceAll("'", "'\\''")}'`;
}
