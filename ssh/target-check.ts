import { NotSent } from './failures.js';
import type { Target } from './types.js';

/** What OpenSSH itself refuses in host and user names since 9.6: `Match exec` may put them into a shell line. */
const UNSAFE = /^-|[\s'"`$\\;&<>|(){}]|\p{Control}/u;

/**
 * Refuses a target that ssh must not be asked about: a name like "-oProxyCommand=..." would be an option there.
 * Throws NotSent('config').
 */
export function checkTarget(target: Target): void {
  const { name, address, user, port } = target;
  for (const [what, value] of Object.entries({ name, address, user })) {
    if (value === null) continue;
    if (value === '') throw new NotSent('config', `target ${name}: its ${what} is empty. Correct the inventory.`);
    if (UNSAFE.test(value)) {
      const shown = JSON.stringify(value);
      throw new NotSent('config', `target ${name}: ${shown} cannot be its ${what}. Correct the inventory.`);
    }
  }
  if (port !== null && !isPort(port)) {
    throw new NotSent('config', `target ${name}: ${port} is no port (1 to 65535). Correct the inventory.`);
  }
}

/** Whether a number is a TCP port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
