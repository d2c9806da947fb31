import type { Duplex } from 'node:stream';

/** One host to reach. Null means: what ssh_config says (through `ssh -G`), else ssh's default. */
export interface Target {
  /** How messages call the host, and what `ssh -G` is asked for when `address` is null. */
  readonly name: string;
  /** Host name or IP address to connect to; wins over ssh_config's HostName. */
  readonly address: string | null;
  /** TCP port, 1 to 65535. */
  readonly port: number | null;
  /** Login user on the host. */
  readonly user: string | null;
  /** As `ssh -J` takes it: "bastion", "user@host:port", "outer,inner"; "none" forbids a jump; null = ask ssh_config. */
  readonly jump: string | null;
  /** Private key file. When given, only this key is offered to the host, and no agent. */
  readonly identityFile: string | null;
  /** known_hosts file. Null = the files of ssh_config's UserKnownHostsFile and GlobalKnownHostsFile. */
  readonly knownHostsFile: string | null;
  /** The ssh_config file to read (`ssh -F`). */
  readonly configFile: string | null;
}

/** One script to run on one host. */
export interface RunRequest {
  readonly target: Target;
  /** POSIX sh text. It travels as data on stdin, never on the command line, and must not read stdin itself. */
  readonly script: string;
  /** Milliseconds for everything: look-up, connect, authentication, channel, run and drain. It starts before connect. */
  readonly deadlineMs: number;
  /** Gets each complete line of stdout as it comes, without its newline. Lines over 64 Ki characters come cut. */
  readonly onLine?: (line: string) => void;
  /** Cancels: TERM to the remote process group, KILL two seconds later. */
  readonly signal?: AbortSignal;
  /** Bytes kept of each stream (half from its head, half from its tail). Default 262,144. */
  readonly maxOutputBytes?: number;
}

/** Why it is certain that nothing ran. */
export type NotSentReason = 'unreachable' | 'host-key' | 'auth' | 'channel' | 'deadline' | 'cancelled' | 'config';

/** What became of the script. Only `exited` with code 0 is a success; `unknown` is neither success nor failure. */
export type RunResult =
  | {
      readonly kind: 'exited';
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly droppedBytes: number;
      readonly ms: number;
    }
  | {
      readonly kind: 'signalled';
      /** As ssh2 names it, for example "SIGTERM". */
      readonly signalName: string;
      readonly stdout: string;
      readonly stderr: string;
      readonly droppedBytes: number;
      readonly ms: number;
    }
  | { readonly kind: 'not-sent'; readonly reason: NotSentReason; readonly message: string; readonly ms: number }
  | {
      readonly kind: 'unknown';
      readonly reason: 'connection-lost' | 'deadline' | 'cancelled';
      readonly message: string;
      readonly stdout: string;
      readonly stderr: string;
      readonly droppedBytes: number;
      readonly ms: number;
    };

/** A TCP connection to be made by a host, and carried to here inside its SSH connection. */
export interface ConnectRequest {
  readonly target: Target;
  /** Host name or IP address to connect to, as the target sees it. */
  readonly host: string;
  readonly port: number;
  /** Milliseconds until the connection is there, connecting to the target included. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What became of it: a stream; the target's word that nobody takes connections there; or nothing was asked. */
export type ConnectResult =
  | {
      readonly kind: 'connected';
      readonly stream: Duplex;
      /** Must be called at the end, also of a stream that ended by itself: until then it holds the SSH connection open. */
      readonly close: () => void;
    }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'not-sent'; readonly reason: NotSentReason; readonly message: string };

/** Runs scripts on hosts and keeps the connections open between runs. */
export interface Pool {
  /** Runs one script. Never rejects: every failure is a result. */
  run(request: RunRequest): Promise<RunResult>;
  /** Lets a host connect to a TCP port. Never rejects; needs AllowTcpForwarding there, and counts as no session. */
  connect(request: ConnectRequest): Promise<ConnectResult>;
  /** Closes every connection. Remote commands are left alone; their runs end as unknown/connection-lost. */
  close(): Promise<void>;
}

/** Is told what a pool does, for metrics. It is called in the middle of things: it must be quick and never throw. */
export interface PoolObserver {
  /** A connection (to a host, or to a jump host on the way) was opened, or why not. `ms`: the handshake, its queue included. */
  connected(result: 'ok' | NotSentReason, ms: number): void;
  /** How many connections are open; told on every change. */
  open(count: number): void;
  /** A run ended. */
  ran(result: RunResult): void;
}

/** Limits of a pool; each has a default. */
export interface PoolOptions {
  /** Default: nobody is told. */
  readonly observer?: PoolObserver;
  /** Handshakes under way at once, over all hosts. Default 32. */
  readonly maxConnecting?: number;
  /** Milliseconds an unused connection is kept open. Default 60,000. */
  readonly idleMs?: number;
  /** Milliseconds without a byte from a server that is being logged in to, after which it is given up. Default 10,000. */
  readonly silenceMs?: number;
  /** Runs at once on one connection; more wait in order. Default 8: sshd's MaxSessions is 10 and frees slots late. */
  readonly channelsPerConnection?: number;
  /** Milliseconds between keepalives. Default 5,000. */
  readonly keepaliveMs?: number;
  /** Unanswered keepalives allowed; a dead peer is noticed after keepaliveMs * (keepaliveCount + 1). Default 2. */
  readonly keepaliveCount?: number;
}
