import type { AuthenticationType, AuthHandlerMiddleware } from 'ssh2';
import type { Credentials } from './credentials.js';
import { describe, type Endpoint } from './endpoint.js';

/** Offers the credentials one after the other and remembers what happened, for the message. */
export class Authentication {
  /** All credentials were refused. */
  exhausted = false;
  private readonly tried: string[] = [];
  private readonly troubles: string[] = [];
  private serverAllows: readonly string[] = [];
  private partly = false;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly credentials: Credentials,
  ) {}

  /** Gives ssh2 the next credential. */
  readonly handler: AuthHandlerMiddleware = (methodsLeft: AuthenticationType[] | null, partial, next) => {
    this.serverAllows = methodsLeft ?? [];
    this.partly ||= partial;
    const credential = this.credentials.offered[this.tried.length];
    if (credential) {
      this.tried.push(credential.label);
      next(credential.method);
    } else {
      this.exhausted = true;
      // ssh2 takes false for "nothing left", which its types do not know.
      next(false as unknown as AuthenticationType);
    }
  };

  /** Notes a trouble that does not end the login, such as an agent that does not answer. */
  note(trouble: string): void {
    this.troubles.push(trouble);
  }

  /** Says what was offered, what was not and why, and what to do. `serverSaid` is the server's own reason, if any. */
  message(serverSaid: string | null): string {
    const { user } = this.endpoint;
    const parts = [`${describe(this.endpoint)} did not let ${user} in`];
    if (serverSaid !== null) parts.push(`the server said "${serverSaid}"`);
    parts.push(`offered: ${this.tried.join(', ') || 'nothing'}`);
    if (this.credentials.skipped.length > 0) parts.push(`not offered: ${this.credentials.skipped.join(', ')}`);
    if (this.troubles.length > 0) parts.push(`trouble: ${this.troubles.join(', ')}`);
    if (this.serverAllows.length > 0) parts.push(`the server takes: ${this.serverAllows.join(', ')}`);
    if (this.partly) parts.push('a key was accepted, but the server wants a second method, which is not supported');
    return `${parts.join('; ')}. Put the public key into ${user}'s authorized_keys there, or name another identityFile.`;
  }
}
