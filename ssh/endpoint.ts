/** One SSH server with everything needed to log in there: a target after ssh_config was asked. */
export interface Endpoint {
  /** How messages call it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** What known_hosts may file it under, the best first. */
  readonly hostKeyNames: readonly string[];
  readonly knownHostsFiles: readonly string[];
  /** Private key files in the order in which they are offered; those that do not exist are skipped. */
  readonly identityFiles: readonly string[];
  /** Socket of the agent to ask first, or null for no agent. */
  readonly agent: string | null;
  /** Offer only those agent keys whose public half is one of the identity files (ssh_config's IdentitiesOnly). */
  readonly identitiesOnly: boolean;
  /** ssh_config's ConnectTimeout in milliseconds, for everything from the TCP connect to the login; null = not said. */
  readonly connectTimeoutMs: number | null;
}

/** The way to a host. */
export interface Route {
  readonly endpoint: Endpoint;
  /** The way to its jump host, which may be behind another one itself; null = directly. */
  readonly jump: Route | null;
}

/** An endpoint as messages show it, for example "db1 (10.0.0.1:22)". */
export function describe(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.name} (${host}:${endpoint.port})`;
}

/** The known_hosts file that a new key of an endpoint belongs into: the first that is read. Null where none is. */
export function newKeysFile({ knownHostsFiles }: Endpoint): string | null {
  return knownHostsFiles[0] ?? null;
}
