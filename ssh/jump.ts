import { NotSent } from './failures.js';
import { isPort } from './target-check.js';

/** One ProxyJump host as written. */
export interface JumpHost {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

/**
 * Reads what ProxyJump and `ssh -J` take: "host", "user@host:port", "[::1]:port" or "ssh://user@host:port", several with
 * commas between them, the one to be visited first in front; "none" gives no hosts.
 * Throws NotSent('config') for what is no host; `target` names the host in the message.
 */
export function parseJumps(text: string, target: string): JumpHost[] {
  if (text.toLowerCase() === 'none') return [];
  return text.split(',').map((one) => parseOne(one, text, target));
}

function parseOne(one: string, text: string, target: string): JumpHost {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?$/.exec(one.trim());
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? null : Number(match[4]);
  if (!host || (port !== null && !isPort(port))) {
    const cure = 'Write host, user@host or user@host:port, several with commas between them.';
    throw new NotSent('config', `${target}: cannot read the jump host "${text}". ${cure}`);
  }
  return { host, user: match?.[1] ?? null, port };
}
