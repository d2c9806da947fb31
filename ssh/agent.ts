import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';

/** An agent of which only some keys may be used: what ssh_config's IdentitiesOnly asks for. */
export class SelectiveAgent extends ssh2.BaseAgent<ParsedKey> {
  private readonly agent: ssh2.OpenSSHAgent;

  /** `socket` is the path of the agent's socket; `allowed` are public key blobs. */
  constructor(
    socket: string,
    private readonly allowed: readonly Buffer[],
  ) {
    super();
    this.agent = new ssh2.OpenSSHAgent(socket);
  }

  /** Gives the allowed keys that the agent has. */
  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.agent.getIdentities((error, keys) => {
      if (error) callback(error);
      else
        callback(
          undefined,
          keys?.filter((key) => 'getPublicSSH' in key && this.isAllowed(key)),
        );
    });
  }

  /** Lets the agent sign. */
  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.agent.sign(key, data, options);
    else this.agent.sign(key, data, options, callback);
  }

  private isAllowed(key: ParsedKey): boolean {
    return this.allowed.some((blob) => blob.equals(key.getPublicSSH()));
  }
}
