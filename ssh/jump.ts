import { NotSent } from './failures.js';
import { isPort } from './target-check.js';

/** One ProxyJump host as written. */
export interface JumpHost {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

/**
 * Reads "host", "user@host:port", "[::1]:port" or "ssh://user@host:port"; "none" gives null.
 * Throws NotSent('config') for a chain of jumps ("a,b") and for what is no host; `target` names the host in the message.
 */
export function parseJump(text: string, target: string): JumpHost | null {
  if (text.toLowerCase() === 'none') return null;
  if (text.includes(',')) {
    throw new NotSent(
      'config',
      `${target}: jump "${text}" is a chain; only one jump host is supported. Name one host.`,
    );
  }
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? null : Number(match[4]);
  if (!host || (port !== null && !isPort(port))) {
    throw new NotSent(
      'config',
      `${target}: cannot read the jump host "${text}". Write host, user@host or user@host:port.`,
    );
  }
  return { host, user: match?.[1] ?? null, port };
}
